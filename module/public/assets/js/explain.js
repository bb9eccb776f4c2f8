// SPDX-License-Identifier: GPL-3.0-or-later

/** Tells what happens to an address, and why. */
class GeoIpExplain {
    #input = document.getElementById('geoip-explain-address');

    #answer = document.getElementById('geoip-explanation');

    constructor() {
        const form = document.getElementById('geoip-explain-form');
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            this.#ask(this.#input.value.trim(), form.querySelector('button'));
        });
    }

    async #ask(address, button) {
        if (!GeoIpAddresses.isAddress(address)) {
            this.#show('warning', GeoIpWords.text('module_geoip_explain_invalid', { value: address }));
            return;
        }
        button.classList.add('loading');
        try {
            const { addresses: [explained] } = await GeoIpApi.get('addresses:explain', { address });
            this.#showExplained(explained);
        } catch (error) {
            this.#show('negative', error.message);
        } finally {
            button.classList.remove('loading');
        }
    }

    #showExplained({ address, verdict, reason, country, entry, by_source: bySource }) {
        const facts = [];
        if (entry) {
            facts.push(['module_geoip_explain_rule', GeoIpElements.make('bdi', {}, entry)]);
        }
        const sources = Object.entries(bySource).map(([source, code]) => GeoIpElements.make(
            'div',
            {},
            `${GeoIpWords.text(`module_geoip_source_${source}`)}: `,
            ...this.#country(code),
        ));
        if (sources.length > 0) {
            facts.push(['module_geoip_explain_sources', ...sources]);
        }
        this.#show(
            verdict === 'drop' ? 'negative' : 'positive',
            GeoIpWords.text(`module_geoip_explain_${verdict}`, { address }),
            GeoIpElements.make('p', {}, GeoIpWords.text(
                `module_geoip_reason_${reason}`,
                { country: country ? GeoIpWords.country(country) : '' },
            )),
            GeoIpElements.make('dl', { class: 'geoip-facts' }, ...facts.flatMap(([key, ...fact]) => [
                GeoIpElements.make('dt', {}, GeoIpWords.text(key)),
                GeoIpElements.make('dd', {}, ...fact),
            ])),
            verdict === 'drop' ? GeoIpElements.make('p', {}, GeoIpWords.text('module_geoip_explain_drop_note')) : '',
        );
    }

    #country(code) {
        return code === null
            ? [GeoIpWords.text('module_geoip_explain_unknown')]
            : [GeoIpElements.flag(code), GeoIpWords.country(code)];
    }

    #show(look, title, ...content) {
        this.#answer.replaceChildren(GeoIpElements.make(
            'div',
            { class: `ui ${look} message` },
            GeoIpElements.make('div', { class: 'header' }, title),
            ...content,
        ));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

/** Tells what happens to an address, and why. */
class GeoIpExplain {
    static #LOOKS = { drop: 'negative', count: 'violet', pass: 'positive' };

    #input = document.getElementById('geoip-explain-address');

    #answer = document.getElementById('geoip-explanation');

    #button = document.querySelector('#geoip-explain-form button');

    constructor() {
        document.getElementById('geoip-explain-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#ask(this.#input.value.trim());
        });
    }

    /** Explains an address that somebody pointed at elsewhere on the page. */
    explain(address) {
        this.#input.value = address;
        this.#input.focus();
        this.#ask(address);
    }

    async #ask(address) {
        if (!GeoIpAddresses.isAddress(address)) {
            this.#show('warning', GeoIpWords.text('module_geoip_explain_invalid', { value: address }));
            return;
        }
        this.#button.classList.add('loading');
        try {
            const { addresses: [explained] } = await GeoIpApi.get('addresses:explain', {
                address,
                scheme: GeoIpAddresses.scheme,
            });
            this.#showExplained(explained);
        } catch (error) {
            this.#show('negative', error.message);
        } finally {
            this.#button.classList.remove('loading');
        }
    }

    #showExplained({ address, verdict, reason, country, entry, by_source: bySource, ways }) {
        const facts = [];
        if (entry) {
            facts.push(['explain_rule', ...this.#entry(entry)]);
        }
        if (ways.length > 0) {
            facts.push(['explain_ways', ...ways.map((way) => this.#way(way))]);
        }
        const sources = Object.entries(bySource).map(([source, code]) => GeoIpElements.make(
            'div',
            {},
            `${GeoIpWords.text(`module_geoip_source_${source}`)}: `,
            ...this.#country(code),
        ));
        if (sources.length > 0) {
            facts.push(['explain_sources', ...sources]);
        }
        this.#show(
            GeoIpExplain.#LOOKS[verdict],
            GeoIpWords.text(`module_geoip_explain_${verdict}`, { address }),
            GeoIpElements.make('p', {}, GeoIpWords.text(
                `module_geoip_reason_${reason}`,
                { country: country ? GeoIpWords.country(country) : '' },
            )),
            GeoIpElements.make('dl', { class: 'geoip-facts' }, ...GeoIpElements.facts(facts)),
            verdict === 'drop' && ways.length === 0 ? GeoIpElements.make('p', {}, GeoIpWords.text('module_geoip_explain_drop_note')) : '',
        );
    }

    /** What decided; a pass has an end. */
    #entry(entry) {
        const [addresses, expires] = entry.split(' until ');
        return [
            GeoIpElements.make('bdi', {}, addresses),
            ...(expires ? [GeoIpElements.make('div', {}, GeoIpExpiry.words(expires))] : []),
        ];
    }

    /** Whether a new connection gets in, and the rule of the firewall that decides. */
    #way({ purpose, port, passage }) {
        const name = purpose === 'web' ? GeoIpWords.text('module_geoip_way_web') : purpose.toUpperCase();
        const said = passage === null
            ? GeoIpWords.text('module_geoip_passage_unread')
            : `${GeoIpWords.text(`module_geoip_passage_${passage.outcome}`)} `
                + `(${GeoIpWords.text(`module_geoip_decided_${passage.decided_by}`)})`;
        return GeoIpElements.make(
            'div',
            {},
            `${name}, ${port}: ${said}`,
            ...(passage?.rule ? [GeoIpElements.make('div', {}, GeoIpElements.make('code', { dir: 'ltr' }, passage.rule))] : []),
        );
    }

    #country(code) {
        return code === null
            ? [GeoIpWords.text('module_geoip_explain_unknown')]
            : GeoIpElements.country(code);
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

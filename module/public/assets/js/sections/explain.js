// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make, makeFacts, namedFlag } from '../elements.js';
import { endInWords, networkName, words } from '../words.js';

const LOOKS = { drop: 'negative', count: 'violet', pass: 'positive' };

/** By which administrators come. */
const OF_ADMINISTRATORS = ['web', 'ssh'];

/** Tells what happens to an address, and why. */
export class Explain {
    #input = document.getElementById('geoip-explain-address');

    #answer = document.getElementById('geoip-explanation');

    #button = document.querySelector('#geoip-explain-form button');

    constructor() {
        document.getElementById('geoip-explain-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.explain(this.#input.value.trim(), this.#answer, this.#button);
        });
    }

    /**
     * @param {string} address
     * @param {Element} place where the answer is to stand
     * @param {Element} button what was pressed
     */
    async explain(address, place, button) {
        button.classList.add('loading');
        try {
            const { addresses: [explained] } = await api.get('addresses:explain', {
                address,
                scheme: api.scheme,
            });
            this.#showExplained(place, explained);
        } catch (error) {
            this.#show(place, error.isRefusal ? 'warning' : 'negative', error.message);
        } finally {
            button.classList.remove('loading');
        }
    }

    #showExplained(place, {
        address, verdict, reason, country, list, network, entry,
        expires_at: expiresAt, by_source: bySource, ways, admin,
    }) {
        const isKeptOut = [verdict, admin?.verdict].includes('drop');
        const facts = [];
        if (entry) {
            facts.push(['explain_rule', ...this.#entry(reason, entry, expiresAt)]);
        }
        if (network) {
            facts.push(['networks', make('bdi', {}, networkName(network))]);
        }
        if (ways.length > 0) {
            facts.push(['explain_ways', ...ways.map((way) => this.#way(way))]);
        }
        if (admin && !(isKeptOut && isLetInAnyway(ways))) {
            facts.push(['admin', this.#administration(admin, verdict, country)]);
        }
        const sources = Object.entries(bySource).map(([source, code]) => make(
            'div',
            {},
            `${words.text(`module_geoip_source_${source}`)}: `,
            ...this.#country(code),
        ));
        if (sources.length > 0) {
            facts.push(['explain_sources', ...sources]);
        }
        this.#show(
            place,
            LOOKS[verdict],
            words.text(`module_geoip_explain_${verdict}`, { address }),
            make('p', {}, this.#reason(reason, country, list, network)),
            make('dl', { class: 'geoip-facts' }, ...makeFacts(facts)),
            verdict === 'drop' && ways.length === 0 ? make('p', {}, words.text('module_geoip_explain_drop_note')) : '',
        );
    }

    #reason(reason, country, list = '', network = null) {
        const names = { country: country ? words.country(country) : '', list, network: this.#network(network) };
        return words.text(`module_geoip_reason_${reason}`, names);
    }

    #network(network) {
        return network ? networkName(network) : '';
    }

    /** Whether it may administer; who is blocked may nothing, whatever else. */
    #administration(admin, verdict, country) {
        if (verdict === 'drop') {
            return words.text('module_geoip_admin_may_not');
        }
        const answer = words.text(admin.verdict === 'pass' ? 'module_geoip_admin_may' : 'module_geoip_admin_may_not');
        return `${answer} ${this.#reason(admin.reason, country)}`;
    }

    /** What decided; a timed exception has an end. */
    #entry(reason, entry, expiresAt) {
        return [
            make('bdi', {}, reason === 'phone_exception' ? words.text('module_geoip_affected_phone', { name: entry }) : entry),
            ...(expiresAt ? [make('div', {}, endInWords(expiresAt))] : []),
        ];
    }

    /** Whether a new connection gets in, and the rule of the firewall that decides. */
    #way({ purpose, port, passage }) {
        const name = purpose === 'web' ? words.text('module_geoip_way_web') : purpose.toUpperCase();
        const said = passage === null
            ? words.text('module_geoip_passage_unread')
            : `${words.text(`module_geoip_passage_${passage.outcome}`)} `
                + `(${words.text(`module_geoip_decided_${passage.decided_by}`)})`;
        return make(
            'div',
            {},
            `${name}, ${port}: ${said}`,
            ...(passage?.rule ? [make('div', {}, make('code', { dir: 'ltr' }, passage.rule))] : []),
        );
    }

    #country(code) {
        return code === null
            ? [words.text('module_geoip_explain_unknown')]
            : namedFlag(code);
    }

    #show(place, look, title, ...content) {
        place.replaceChildren(make(
            'div',
            { class: `ui ${look} message` },
            make('div', { class: 'header' }, title),
            ...content,
        ));
    }
}

/** True if the firewall lets in whoever administers, whatever the filter would do. */
function isLetInAnyway(ways) {
    const own = ways.filter(({ purpose }) => OF_ADMINISTRATORS.includes(purpose));
    return own.length > 0 && own.every(({ passage }) => passage?.outcome === 'accepted');
}

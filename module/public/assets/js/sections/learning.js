// SPDX-License-Identifier: GPL-3.0-or-later

import { affectedTable } from '../affected-table.js';
import * as api from '../api.js';
import { make, makeFacts, namedFlag } from '../elements.js';
import { networkName, sparedInWords, words } from '../words.js';

const PAUSE_MILLISECONDS = 60000;

/** While the filter learns: what switching it on would do, and two ways to do it. */
export class Learning {
    #draft;

    #saving;

    #spare;

    #section = document.getElementById('geoip-learning');

    #note = document.getElementById('geoip-learning-note');

    #use = document.getElementById('geoip-learning-use');

    /** When the forecast was asked for last, and of which saved policy. */
    #asked = { at: -Infinity, revision: '' };

    #peerCountries = [];

    #peerNetworks = [];

    /** @param {function(object[])} spare is told the networks of phones and providers; none while nothing is learnt */
    constructor(draft, saving, spare) {
        this.#draft = draft;
        this.#saving = saving;
        this.#spare = spare;
        this.#use.addEventListener('click', () => this.#useList());
        document.getElementById('geoip-learning-on').addEventListener('click', () => this.#switchOn());
    }

    /** Has the next look ask, however fresh the forecast is. */
    expire() {
        this.#asked.at = -Infinity;
    }

    /** @param {?object} status as `GET status` answers it; null while there is none */
    async show(status) {
        if (!status?.learning) {
            this.#section.hidden = true;
            this.#asked = { at: -Infinity, revision: '' };
            this.#spare([]);
            return;
        }
        const { revision } = status.wanted;
        const isFresh = performance.now() - this.#asked.at < PAUSE_MILLISECONDS;
        if (isFresh && revision === this.#asked.revision) {
            return;
        }
        this.#asked = { at: performance.now(), revision };
        try {
            this.#showForecast(await api.get('learning', { scheme: api.scheme }));
        } catch {
            // The status says what is wrong, and the next look asks again.
            this.#section.hidden = true;
            this.expire();
        }
    }

    #showForecast({
        since, packets, countries, affected, peerCountries, peerNetworks,
    }) {
        this.#section.hidden = since === null;
        if (since === null) {
            return;
        }
        this.#peerCountries = peerCountries;
        this.#peerNetworks = peerNetworks;
        this.#spare(peerNetworks);
        this.#use.hidden = peerCountries.length === 0;
        document.getElementById('geoip-learning-title').textContent = words.text(
            'module_geoip_learning',
            { time: words.since(new Date(since)) },
        );
        const inCountries = peerCountries.map((code) => make('span', {}, ...namedFlag(code)));
        const inNetworks = peerNetworks.map((network) => make('span', {}, make('bdi', {}, networkName(network))));
        document.getElementById('geoip-learning-facts').replaceChildren(...makeFacts([
            ['activity_attempts', words.number(packets)],
            ['countries', words.number(countries)],
            ...(affected === null
                ? []
                : [['learning_affected', words.number(affected.filter(({ kind }) => kind !== 'own').length)]]),
            ...(inCountries.length > 0 ? [['learning_peers', ...inCountries]] : []),
            ...(inNetworks.length > 0 ? [['learning_networks', ...inNetworks]] : []),
        ]));
        document.getElementById('geoip-learning-affected')
            .replaceChildren(...this.#affected(affected));
    }

    /** Whom switching it on would cut off; null if that is not known. */
    #affected(affected) {
        if (affected === null) {
            return [make('p', {}, words.text('module_geoip_affected_unchecked'))];
        }
        return affected.length > 0 ? [affectedTable(affected)] : [];
    }

    #useList() {
        this.#draft.setBlocked([...this.#draft.countries.keys()], true);
        this.#draft.setBlocked(this.#peerCountries, false);
        const spared = this.#peerNetworks.filter(({ number }) => this.#draft.networks.includes(number));
        this.#draft.setNetworksBlocked(spared.map(({ number }) => number), false);
        this.#draft.setAction('drop');
        this.#note.textContent = `${words.text('module_geoip_learning_used')} ${sparedInWords(spared)}`.trim();
    }

    /** Whoever does not want it after all, or finds that it failed, is still learning. */
    async #switchOn() {
        this.#draft.setAction('drop');
        if (!await this.#saving.save()) {
            this.#draft.setAction('count');
        }
    }
}

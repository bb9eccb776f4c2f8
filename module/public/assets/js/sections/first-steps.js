// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { makeButton } from '../elements.js';
import { words } from '../words.js';

/** So many countries are proposed to be blocked, those with the most attempts. */
const MOST_ATTEMPTS = 10;

/** While nothing is chosen: ways to begin, by what the PBX knows. A click fills the draft, and Save decides. */
export class FirstSteps {
    #draft;

    #section = document.getElementById('geoip-first-steps');

    #ways = document.getElementById('geoip-first-steps-ways');

    /** The countries of whoever is here, of the phones and of the providers; null before they were asked for. */
    #peers = null;

    #packets = new Map();

    #isOff = true;

    constructor(draft) {
        this.#draft = draft;
        draft.addEventListener('change', () => this.#show());
    }

    /** @param {Map<string, number>} packets by country, of whatever was counted of late */
    showPackets(packets) {
        this.#packets = packets;
        this.#show();
    }

    /** The PBX serves no resources of a module that is switched off. */
    set isOff(isOff) {
        this.#isOff = isOff;
        this.#peers = null;
        this.#show();
    }

    async #show() {
        const isShown = !this.#isOff && this.#draft.isEmpty && !this.#draft.isDirty;
        this.#section.hidden = !isShown;
        if (!isShown) {
            return;
        }
        if (this.#peers === null) {
            this.#peers = [];
            try {
                ({ peerCountries: this.#peers } = await api.getPatiently('learning', { scheme: api.scheme }));
            } catch {
                // The other ways to begin need no countries of anybody.
            }
        }
        this.#ways.replaceChildren(...this.#offers());
    }

    #offers() {
        const names = this.#peers.map((code) => words.country(code));
        const attackers = [...this.#packets].filter(([code]) => !this.#peers.includes(code))
            .sort(([, one], [, other]) => other - one).slice(0, MOST_ATTEMPTS).map(([code]) => code);
        return [
            ...(names.length === 0 ? [] : [this.#offer(
                words.text('module_geoip_first_allow', { countries: words.list(names) }),
                () => this.#allowOnlyPeers(),
            )]),
            ...(attackers.length === 0 ? [] : [this.#offer(
                words.text('module_geoip_first_attacks'),
                () => this.#draft.setBlocked(attackers, true),
            )]),
            this.#offer(words.text('module_geoip_first_learn'), () => this.#learn()),
        ];
    }

    #offer(text, take) {
        const button = makeButton('', text, take);
        button.dataset.changes = '';
        return button;
    }

    #allowOnlyPeers() {
        this.#draft.setMode('allow');
        this.#draft.setBlocked(this.#peers, false);
    }

    /** Whoever is not one of yours is counted. */
    #learn() {
        this.#draft.setAction('count');
        this.#allowOnlyPeers();
    }
}

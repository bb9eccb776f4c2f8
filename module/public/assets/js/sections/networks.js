// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { icon, make, makeButton } from '../elements.js';
import { networkName, sparedInWords, words } from '../words.js';
import { NetworkData } from './network-data.js';

/** As many as the PBX takes. */
const MOST = 64;

const PAUSE_MILLISECONDS = 400;

const ALL_V4_ADDRESSES = 2 ** 32;

/** While the PBX has not answered, or the module is off. */
const NOTHING = {
    kept: null, problem: null, source: null, sources: [], presets: [], found: [], chosen: [],
};

/** The networks that are blocked whatever the country, found by name or number. */
export class Networks {
    #draft;

    #data;

    #error = document.getElementById('geoip-networks-error');

    #search = document.getElementById('geoip-networks-search');

    #found = document.getElementById('geoip-networks-found');

    #chosen = document.getElementById('geoip-networks');

    #presets = document.getElementById('geoip-networks-presets');

    /** What is known of networks, by their numbers: `{number, name, v4_addresses}`. */
    #known = new Map();

    #answer = NOTHING;

    #spared = [];

    #timer = null;

    #asked = 0;

    #shown = '';

    /** @param {function} downloaded is called when networks can be told by other data from now on */
    constructor(draft, downloaded) {
        this.#draft = draft;
        this.#data = new NetworkData(() => this.load(), downloaded);
        this.#search.addEventListener('input', () => {
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.load(), PAUSE_MILLISECONDS);
        });
        draft.addEventListener('change', () => this.#show());
    }

    /** @param {object[]} networks that no preset blocks: somebody of yours is there */
    set spared(networks) {
        this.#spared = networks;
        this.#show();
    }

    /** Asks for what is known, and for what is searched for. */
    async load() {
        this.#asked += 1;
        const asked = this.#asked;
        try {
            const answer = await api.getPatiently('networks', {
                search: this.#search.value.trim(),
                numbers: this.#draft.networks.join(','),
            });
            if (asked === this.#asked) {
                this.#take(answer);
            }
        } catch (error) {
            this.#error.textContent = error.message;
        }
    }

    #take(answer) {
        this.#answer = answer;
        this.#error.textContent = answer.problem?.message ?? '';
        [...answer.found, ...answer.chosen].forEach((network) => this.#known.set(network.number, network));
        this.#show();
    }

    #show() {
        const numbers = this.#draft.networks;
        const { kept, found, presets } = this.#answer;
        const shown = JSON.stringify([numbers, this.#answer, this.#spared]);
        // No button vanishes under the pointer while nothing changes.
        if (shown === this.#shown) {
            return;
        }
        this.#shown = shown;
        this.#data.show(this.#answer);
        document.getElementById('geoip-networks-choice').hidden = kept === null && numbers.length === 0;
        const fresh = found.filter(({ number }) => !numbers.includes(number));
        this.#found.replaceChildren(...fresh.map((network) => this.#item(network, 'plus', 'network_block', true)));
        document.getElementById('geoip-networks-no-match').hidden = this.#search.value.trim() === '' || found.length > 0;
        this.#presets.replaceChildren(...(kept === null ? [] : presets.map((preset) => this.#preset(preset))));
        this.#chosen.replaceChildren(...this.#sorted(numbers).map(
            (network) => this.#item(network, 'trash alternate', 'exception_remove', false),
        ));
        this.#showSum(numbers);
    }

    /** How much of the internet all of them are. */
    #showSum(numbers) {
        if (this.#answer === NOTHING) {
            return;
        }
        const addresses = numbers.reduce((sum, number) => sum + (this.#known.get(number)?.v4_addresses ?? 0), 0);
        document.getElementById('geoip-networks-share').textContent = numbers.length === 0
            ? words.text('module_geoip_networks_none')
            : words.text('module_geoip_network_share', { percent: words.percent((100 * addresses) / ALL_V4_ADDRESSES) });
    }

    #sorted(numbers) {
        return numbers.map((number) => this.#known.get(number) ?? { number, name: '', v4_addresses: null })
            .sort((one, other) => (other.v4_addresses ?? 0) - (one.v4_addresses ?? 0));
    }

    #item(network, look, key, isBlocked) {
        const { number, v4_addresses: addresses } = network;
        const name = networkName(network);
        const button = makeButton('mini basic icon', icon(look), () => {
            this.#set([number], isBlocked);
            this.#search.focus();
        });
        button.setAttribute('aria-label', words.text(`module_geoip_${key}`, { network: name, address: name }));
        button.dataset.changes = '';
        const size = addresses === null ? [] : [make(
            'div',
            { class: 'geoip-note' },
            addresses === 0
                ? words.text('module_geoip_network_unknown')
                : words.count('module_geoip_network_addresses', addresses),
        )];
        return make('li', {}, make('div', {}, make('bdi', {}, name), ...size), button);
    }

    #preset({ id, networks }) {
        const open = networks.filter((number) => !this.#draft.networks.includes(number));
        const spared = this.#spared.filter(({ number }) => open.includes(number));
        const left = open.filter((number) => !spared.some((network) => network.number === number));
        const button = makeButton('small basic', words.text('module_geoip_networks_add_all'), async () => {
            this.#set(left, true);
            this.#search.focus();
            // Their names are not known yet.
            await this.load();
        });
        const title = make('strong', { id: `geoip-preset-${id}` }, words.text(`module_geoip_networks_${id}`));
        const note = make('div', { id: `geoip-preset-${id}-spared`, class: 'geoip-note' }, sparedInWords(spared));
        button.setAttribute('aria-describedby', `${title.id} ${note.id}`);
        button.dataset.changes = '';
        return make(
            'li',
            {},
            title,
            make('div', { class: 'geoip-note' }, words.text(`module_geoip_networks_${id}_text`)),
            note,
            ...(left.length > 0 ? [button] : []),
        );
    }

    #set(numbers, isBlocked) {
        const isTooMany = isBlocked && new Set([...this.#draft.networks, ...numbers]).size > MOST;
        this.#error.textContent = isTooMany ? words.text('module_geoip_networks_too_many', { n: words.number(MOST) }) : '';
        if (!isTooMany) {
            this.#draft.setNetworksBlocked(numbers, isBlocked);
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make } from '../elements.js';
import { words } from '../words.js';

/** A download in the background is asked after so often, and so many times. */
const LOOK_MILLISECONDS = 2000;
const LOOKS = 90;

const MINUTE = 60000;

/** Whose data tells networks, and getting it. */
export class NetworkData {
    #load;

    #downloaded;

    #source = document.getElementById('geoip-networks-source');

    #missing = document.getElementById('geoip-networks-missing');

    #get = document.getElementById('geoip-networks-get');

    #error = document.getElementById('geoip-networks-data-error');

    /** What `GET networks` said last. */
    #answer;

    /**
     * @param {function} load asks anew, and has the answer shown here
     * @param {function} downloaded is called when networks can be told by other data from now on
     */
    constructor(load, downloaded) {
        this.#load = load;
        this.#downloaded = downloaded;
        this.#source.addEventListener('change', () => this.#choose());
        this.#get.addEventListener('click', () => this.#download());
    }

    /** @param {object} answer of `GET networks` */
    show(answer) {
        this.#answer = answer;
        const { source, sources, kept } = answer;
        document.getElementById('geoip-networks-data').hidden = sources.length === 0;
        if (this.#source.options.length === 0) {
            this.#source.append(...sources.map(({ id, name }) => make('option', { value: id }, name)));
        }
        this.#source.value = source;
        this.#showTerms(this.#find(kept?.source));
        this.#missing.hidden = this.#isKept;
        if (this.#isKept) {
            this.#error.textContent = '';
        }
        document.getElementById('geoip-networks-missing-text').textContent = kept === null
            ? words.text('module_geoip_networks_missing')
            : words.text('module_geoip_state_stand_in', {
                source: this.#find(source).name,
                other: this.#find(kept.source).name,
            });
    }

    #showTerms(source) {
        document.getElementById('geoip-networks-terms').replaceChildren(...(source === undefined ? [] : [
            words.text('module_geoip_attribution'),
            ' ',
            make('a', { href: source.terms_url, target: '_blank', rel: 'noopener noreferrer' }, source.name),
        ]));
    }

    #find(wanted) {
        return this.#answer.sources.find(({ id }) => id === wanted);
    }

    /** True if what is kept is of the chosen source. */
    get #isKept() {
        return this.#answer.kept?.source === this.#answer.source;
    }

    async #choose() {
        const source = this.#find(this.#source.value);
        this.#error.textContent = '';
        try {
            const { networks } = await api.send('PATCH', 'policy', { networkSource: source.id });
            await this.#load();
            // Where none is blocked, nothing is fetched unasked.
            if (networks.length > 0) {
                await this.#follow(source);
            }
        } catch (error) {
            this.#source.value = this.#answer.source;
            this.#error.textContent = `${words.text('module_geoip_save_failed')}. ${error.message}`;
        }
    }

    async #download() {
        const source = this.#find(this.#answer.source);
        this.#error.textContent = '';
        try {
            await api.send('POST', 'networks:download');
            await this.#load();
            await this.#follow(source);
        } catch (error) {
            this.#error.textContent = error.message;
        }
    }

    /** Waits for data of a source. @param {object} source as it was known before it was asked */
    async #follow({ id, asked_at: before, shortest_minutes: pause }) {
        const isTooSoon = before !== null && Date.now() - Date.parse(before) < pause * MINUTE;
        // A failure of before says nothing of this download.
        const hasFailed = () => this.#find(id).has_failed && this.#find(id).asked_at !== before;
        const isOpen = () => this.#answer.source === id && !this.#isKept && !hasFailed();
        this.#get.classList.add('loading', 'disabled');
        for (let look = 0; look < LOOKS && !isTooSoon && isOpen(); look += 1) {
            await new Promise((done) => { setTimeout(done, LOOK_MILLISECONDS); });
            await this.#load();
        }
        this.#get.classList.remove('loading', 'disabled');
        if (this.#answer.source !== id) {
            // Another one was chosen meanwhile.
            return;
        }
        if (this.#isKept) {
            this.#downloaded();
        } else if (hasFailed()) {
            this.#error.textContent = words.text('module_geoip_update_offline');
        } else {
            this.#error.textContent = this.#find(id).asked_at === before && before !== null
                ? words.text('module_geoip_networks_asked', { when: words.ago(new Date(before)) })
                : words.text('module_geoip_update_failed');
        }
    }
}

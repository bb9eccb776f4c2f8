// SPDX-License-Identifier: GPL-3.0-or-later

import { searchCountries } from '../pure/country-search.js';
import { words } from '../words.js';

/**
 * The search for countries, and the filter by their status.
 *
 * Fires `found`; what was found is `codes` then.
 */
export class CountrySearch extends EventTarget {
    /** The codes of the countries that search and filter leave, those that fit best first. */
    codes = [];

    #draft;

    #filter = 'all';

    #input = document.getElementById('geoip-search');

    #filters = document.querySelectorAll('#geoip-filter [data-filter]');

    #noMatch = document.getElementById('geoip-no-match');

    #count = document.getElementById('geoip-found');

    /** @param {function(string)} onFilter called with the status filter that the administrator chose */
    constructor(draft, onFilter) {
        super();
        this.#draft = draft;
        const choose = (filter) => {
            this.showFilter(filter);
            onFilter(filter);
        };
        this.#input.addEventListener('input', () => this.#search());
        this.#filters.forEach((button) => button.addEventListener('click', () => choose(button.dataset.filter)));
        document.getElementById('geoip-show-all').addEventListener('click', () => {
            this.#input.value = '';
            choose('all');
            this.#input.focus();
        });
        draft.addEventListener('countries', () => this.#search());
    }

    /** True if somebody typed something to search for. */
    get isSearched() {
        return this.#input.value.trim() !== '';
    }

    showFilter(filter) {
        this.#filter = filter;
        this.#filters.forEach((button) => {
            const isChosen = button.dataset.filter === filter;
            button.classList.toggle('active', isChosen);
            button.setAttribute('aria-pressed', isChosen);
        });
        this.#search();
    }

    #search() {
        const { countries } = this.#draft;
        this.codes = searchCountries(this.#input.value, countries.values()).filter((code) => this.#isWanted(code));
        this.#noMatch.hidden = this.codes.length > 0 || countries.size === 0;
        this.#count.textContent = this.isSearched ? words.count('module_geoip_found', this.codes.length) : '';
        this.dispatchEvent(new Event('found'));
    }

    #isWanted(code) {
        return this.#filter === 'all' || this.#draft.isBlocked(code) === (this.#filter === 'blocked');
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { flag, make } from '../elements.js';
import { statusWord, words } from '../words.js';

const COLUMNS = {
    country: (one, other) => words.compare(one.name, other.name),
    code: (one, other) => words.compare(one.code, other.code),
    subnets: (one, other) => one.subnets - other.subnets,
    status: (one, other) => one.isBlocked - other.isBlocked,
};

/** The countries as a table: sorted, and toggled one by one. Shows those that `CountrySearch` found. */
export class CountryTable {
    #draft;

    #table = document.getElementById('geoip-table');

    #body = this.#table.tBodies[0];

    #frame = this.#table.parentElement;

    /** By country code: `{row, box, state, name, code, subnets}`. */
    #rows = new Map();

    #isLocked = true;

    #found = [];

    /** While somebody searches, what fits best stands first. */
    #isSearched = false;

    #isScrolled = false;

    #sorting = { column: 'country', isDescending: false };

    constructor(draft) {
        this.#draft = draft;
        this.#table.querySelectorAll('th button').forEach((button) => {
            button.addEventListener('click', () => this.#sortBy(button.dataset.column));
        });
        this.#frame.addEventListener('scroll', () => {
            this.#isScrolled = true;
        });
        draft.addEventListener('countries', () => this.#list());
        draft.addEventListener('change', () => this.#show());
    }

    lock(isLocked) {
        this.#isLocked = isLocked;
        this.#rows.forEach(({ box }) => {
            box.disabled = isLocked;
        });
    }

    /**
     * @param {string[]} codes of the countries to show, in this order if they were searched for
     * @param {boolean} isSearched
     */
    showFound(codes, isSearched) {
        this.#found = codes;
        this.#isSearched = isSearched;
        this.#arrange();
    }

    #list() {
        const listed = [...this.#draft.countries.values()];
        // A source without data has counted nothing, which is not zero.
        const isCounted = listed.some(({ subnets }) => subnets && subnets.v4 + subnets.v6 > 0);
        const countries = listed.map((country) => this.#row(country, isCounted));
        this.#rows = new Map(countries.map((country) => [country.code, country]));
    }

    #row({ code, subnets: counted }, isCounted) {
        const [nameId, boxId, stateId] = ['name', 'box', 'state'].map((part) => `geoip-${part}-${code}`);
        const name = words.country(code);
        const subnets = isCounted ? counted.v4 + counted.v6 : -1;
        const box = make('input', {
            type: 'checkbox', id: boxId, 'aria-labelledby': `${nameId} ${stateId}`,
        });
        box.disabled = this.#isLocked;
        box.addEventListener('change', () => this.#draft.toggle(code));
        const state = make('label', { for: boxId, id: stateId });
        const row = make(
            'tr',
            {},
            make('td', { id: nameId }, flag(code), name),
            make('td', {}, code),
            make('td', { class: 'right aligned' }, subnets < 0 ? '–' : words.number(subnets)),
            make('td', {}, make('div', { class: 'ui toggle checkbox' }, box, state)),
        );
        return { code, name, subnets, row, box, state };
    }

    #show() {
        this.#table.classList.toggle('geoip-allowing', this.#draft.mode === 'allow');
        this.#table.classList.toggle('geoip-counting', this.#draft.action === 'count');
        this.#rows.forEach(({ row, box, state }, code) => {
            const isBlocked = this.#draft.isBlocked(code);
            row.classList.toggle('geoip-blocked', isBlocked);
            box.checked = this.#draft.isChosen(code);
            state.textContent = statusWord(this.#draft, code);
        });
        // Rows stay where they are, and those that no longer fit the filter, too: a slip is undone where it was made.
    }

    #sortBy(column) {
        const isDescending = this.#sorting.column === column && !this.#sorting.isDescending;
        this.#sorting = { column, isDescending };
        this.#arrange();
    }

    #arrange() {
        const shown = this.#found.map((code) => this.#rows.get(code));
        if (!this.#isSearched) {
            const { column, isDescending } = this.#sorting;
            const compare = COLUMNS[column];
            const keyed = shown.map((country) => ({ ...country, isBlocked: this.#draft.isBlocked(country.code) }));
            keyed.sort((one, other) => (isDescending ? compare(other, one) : compare(one, other))
                || COLUMNS.country(one, other));
            this.#body.replaceChildren(...keyed.map(({ row }) => row));
        } else {
            this.#body.replaceChildren(...shown.map(({ row }) => row));
        }
        this.#table.querySelectorAll('th').forEach((cell) => this.#mark(cell));
        this.#table.hidden = shown.length === 0;
        // To ask where it stands would have the browser lay out the page once more.
        if (this.#isScrolled) {
            this.#frame.scrollTop = 0;
            this.#isScrolled = false;
        }
    }

    #mark(cell) {
        const { column, isDescending } = this.#sorting;
        if (this.#isSearched || cell.querySelector('button').dataset.column !== column) {
            cell.removeAttribute('aria-sort');
        } else {
            cell.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { jQuery, tableWords } from '../core.js';
import { flag, make } from '../elements.js';
import { fold } from '../pure/fold.js';
import { words } from '../words.js';

const ID = 'geoip-table';

const PAGE_LENGTH = 25;

const CODE_COLUMN = 1;

const STATUS_COLUMN = 3;

/** The countries as a table: searched, filtered, sorted, and toggled one by one. */
export class CountryTable {
    #draft;

    #table = null;

    /** By country code: also of the rows of other pages, which are not in the document. */
    #boxes = new Map();

    #isLocked = true;

    #wanted = '';

    #filter = 'all';

    #search = document.getElementById('geoip-search');

    #filters = document.querySelectorAll('#geoip-filter [data-filter]');

    #noMatch = document.getElementById('geoip-no-match');

    /** @param {function(string)} onFilter called with the status filter that the administrator chose */
    constructor(draft, onFilter) {
        this.#draft = draft;
        jQuery.fn.dataTable.ext.search.push(({ nTable }, cells) => (
            nTable.id !== ID || this.#isWanted(cells[CODE_COLUMN])
        ));
        this.#search.addEventListener('input', () => {
            this.#wanted = fold(this.#search.value);
            this.#draw();
        });
        this.#filters.forEach((button) => button.addEventListener('click', () => {
            this.showFilter(button.dataset.filter);
            onFilter(button.dataset.filter);
        }));
        document.getElementById('geoip-show-all').addEventListener('click', () => {
            this.#search.value = '';
            this.#wanted = '';
            this.showFilter('all');
            onFilter('all');
            this.#search.focus();
        });
        draft.addEventListener('countries', () => this.#list());
        draft.addEventListener('change', () => this.#show());
    }

    lock(isLocked) {
        this.#isLocked = isLocked;
        this.#boxes.forEach(({ box }) => {
            box.disabled = isLocked;
        });
    }

    showFilter(filter) {
        this.#filter = filter;
        this.#filters.forEach((button) => {
            const isChosen = button.dataset.filter === filter;
            button.classList.toggle('active', isChosen);
            button.setAttribute('aria-pressed', isChosen);
        });
        this.#draw();
    }

    #isWanted(code) {
        const isShown = this.#filter === 'all' || this.#draft.isBlocked(code) === (this.#filter === 'blocked');
        return isShown && this.#draft.countries.get(code).names.some((name) => name.includes(this.#wanted));
    }

    #list() {
        this.#table?.destroy();
        this.#boxes.clear();
        const countries = [...this.#draft.countries.values()]
            .map(({ code, subnets }) => ({ code, subnets, name: words.country(code) }))
            .sort((one, other) => words.compare(one.name, other.name));
        document.querySelector(`#${ID} tbody`)
            .replaceChildren(...countries.map((country, rank) => this.#row(country, rank)));
        this.#table = jQuery(`#${ID}`).DataTable({
            autoWidth: false,
            dom: 'tip',
            lengthChange: false,
            pageLength: PAGE_LENGTH,
            pagingType: 'simple_numbers',
            language: {
                ...tableWords,
                // The column's name and its `aria-sort` say enough.
                aria: { sortAscending: '', sortDescending: '' },
            },
            drawCallback: ({ oInstance }) => this.#afterDraw(oInstance.api()),
        });
    }

    #row({ code, subnets, name }, rank) {
        const [nameId, boxId, stateId] = ['name', 'box', 'state'].map((part) => `geoip-${part}-${code}`);
        const count = subnets === undefined ? null : subnets.v4 + subnets.v6;
        const box = make('input', {
            type: 'checkbox', id: boxId, 'aria-labelledby': `${nameId} ${stateId}`,
        });
        box.disabled = this.#isLocked;
        box.addEventListener('change', () => this.#draft.setBlocked([code], box.checked));
        const state = make('label', { for: boxId, id: stateId });
        this.#boxes.set(code, { box, state });
        const cells = [
            [{ 'data-order': rank, id: nameId }, flag(code), name],
            [{}, code],
            [{ class: 'right aligned', 'data-order': count ?? -1 }, count === null ? '–' : words.number(count)],
            [{}, make('div', { class: 'ui toggle checkbox' }, box, state)],
        ];
        return make(
            'tr',
            {},
            ...cells.map(([attributes, ...children]) => make('td', attributes, ...children)),
        );
    }

    #show() {
        this.#boxes.forEach(({ box, state }, code) => {
            const isBlocked = this.#draft.isBlocked(code);
            box.checked = isBlocked;
            state.textContent = words.text(isBlocked ? 'module_geoip_blocked' : 'module_geoip_allowed');
            state.closest('td').dataset.order = Number(isBlocked);
        });
        this.#table?.cells(null, STATUS_COLUMN).invalidate('dom');
        // A row that no longer fits the filter stays until the next search: a slip is undone where it was made.
    }

    #draw() {
        this.#table?.draw();
    }

    #afterDraw(table) {
        const { recordsDisplay, recordsTotal } = table.page.info();
        this.#noMatch.hidden = recordsDisplay > 0 || recordsTotal === 0;
        const frame = jQuery(table.table().container());
        frame.find('table, .dataTables_info, .dataTables_paginate').prop('hidden', recordsDisplay === 0);
        frame.find('.paginate_button, .item').filter('.disabled').attr('aria-disabled', 'true');
        frame.find('.item.active').attr('aria-current', 'page');
    }
}

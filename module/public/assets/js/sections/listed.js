// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make, makeButton, makeRow, makeTable } from '../elements.js';
import { words } from '../words.js';

/** As many as the PBX takes. */
const MOST = 16;

/** Which block lists know the senders of packets. */
export class Listed {
    #draft;

    #block;

    #onAsked;

    #table = document.getElementById('geoip-activity-lists');

    #ask = document.getElementById('geoip-activity-ask-lists');

    #note = document.getElementById('geoip-activity-lists-note');

    #activity = { lists: [], addresses_seen: 0 };

    /**
     * @param {Draft} draft
     * @param {function(string)} block blocks what is on a published list
     * @param {function()} onAsked called when more lists may be known than before
     */
    constructor(draft, block, onAsked) {
        this.#draft = draft;
        this.#block = block;
        this.#onAsked = onAsked;
        this.#ask.addEventListener('click', () => this.#askAll());
        draft.addEventListener('change', () => this.show(this.#activity));
    }

    /** @param {object} activity as `GET activity` answers it */
    show(activity) {
        this.#activity = activity;
        const { lists } = activity;
        // The button that has the focus is made anew, and keeps it.
        const focused = document.activeElement?.id;
        this.#table.hidden = lists.length === 0;
        this.#table.replaceChildren(...(lists.length > 0 ? [this.#tableOf(activity)] : []));
        if (focused?.startsWith('geoip-listed-')) {
            document.getElementById(focused)?.focus({ preventScroll: true });
        }
    }

    #tableOf({ lists, addresses_seen: seen }) {
        const table = makeTable(['lists', 'activity_addresses'], lists.map(({ list, name, addresses }) => {
            const share = seen > 0 ? ` (${words.percent((100 * addresses) / seen)})` : '';
            const row = makeRow(make('bdi', {}, name ?? list), words.number(addresses) + share);
            row.append(make('td', {}, ...(name === null || this.#draft.usesList(list) ? [] : [this.#button(list, name)])));
            return row;
        }));
        // The buttons say themselves what they are for.
        table.tHead.rows[0].append(make('td'));
        return table;
    }

    #button(list, name) {
        const button = makeButton('mini basic', words.text('module_geoip_action_drop'), () => this.#block(list));
        button.id = `geoip-listed-${list}`;
        button.setAttribute('aria-label', words.text('module_geoip_network_block', { network: name }));
        button.dataset.changes = '';
        return button;
    }

    /** Has every published list downloaded that needs no key. */
    async #askAll() {
        if (this.#ask.classList.contains('loading')) {
            return;
        }
        this.#ask.classList.add('loading', 'disabled');
        this.#note.textContent = '';
        try {
            const { lists } = await api.get('lists');
            const needingKey = new Set(lists.filter(({ catalogued }) => catalogued?.needs_key).map(({ id }) => id));
            const used = this.#draft.lists.filter(({ id, key }) => key !== undefined || !needingKey.has(id));
            const others = lists.filter(({ id, catalogued }) => catalogued?.needs_key === false && !this.#draft.usesList(id))
                .slice(0, MOST - used.length);
            const answer = await api.send('POST', 'lists:download', {
                lists: [...used, ...others.map(({ id }) => ({ id }))],
            });
            const asked = new Set(others.map(({ id }) => id));
            const missing = answer.lists.filter(({ id, kept }) => asked.has(id) && kept === null)
                .map(({ catalogued: { name } }) => name);
            this.#note.textContent = missing.length > 0
                ? `${missing.join(', ')}: ${words.text('module_geoip_list_none')}`
                : '';
            this.#onAsked();
        } catch (error) {
            this.#note.textContent = error.message;
        } finally {
            this.#ask.classList.remove('loading', 'disabled');
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { icon, make, makeButton } from '../elements.js';
import { listInWords } from '../policy-words.js';
import { isWebAddress, listFacts, listIdOf } from '../pure/block-lists.js';
import { words } from '../words.js';

/** The block lists: those that are published, and those of one's own. */
export class Lists {
    #draft;

    #catalogue = document.getElementById('geoip-lists');

    #own = document.getElementById('geoip-lists-own');

    #name = document.getElementById('geoip-list-name');

    #from = document.getElementById('geoip-list-from');

    #url = document.getElementById('geoip-list-url');

    #content = document.getElementById('geoip-list-content');

    #error = document.getElementById('geoip-list-error');

    /** Why nothing is known. */
    #failure = document.getElementById('geoip-lists-error');

    /** What the PBX knows of each list, by its id. */
    #known = new Map();

    #shown = '';

    #asked = 0;

    constructor(draft) {
        this.#draft = draft;
        this.#from.addEventListener('change', () => this.#showForm());
        document.getElementById('geoip-list-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#add();
        });
        draft.addEventListener('change', () => this.#show());
        this.#showForm();
    }

    /** Gets what there is to be had, and what was downloaded. */
    async load() {
        this.#asked += 1;
        const asked = this.#asked;
        try {
            const { lists } = await api.getPatiently('lists');
            if (asked === this.#asked) {
                this.#known = new Map(lists.map((list) => [list.id, list]));
                this.#failure.textContent = '';
                this.#show();
            }
        } catch (error) {
            this.#failure.textContent = error.message;
        }
    }

    #show() {
        const used = this.#draft.lists;
        const published = [...this.#known.values()].filter(({ catalogued }) => catalogued !== null);
        const own = used.filter(({ url, text }) => url !== undefined || text !== undefined);
        const shown = JSON.stringify([used, [...this.#known]]);
        // No button vanishes under the pointer while nothing changes, and no key while it is typed.
        const isTyping = document.activeElement?.type === 'password' && document.activeElement.value !== '';
        if (shown === this.#shown || isTyping) {
            return;
        }
        this.#shown = shown;
        const focused = document.activeElement?.id ?? '';
        this.#catalogue.replaceChildren(...published.map((list) => this.#published(list)));
        this.#own.replaceChildren(...own.map((list) => this.#ownItem(list)));
        if (focused.startsWith('geoip-list-')) {
            document.getElementById(focused)?.focus({ preventScroll: true });
        }
    }

    #published({ id, catalogued: { name, publisher, terms_url: url, needs_key: needsKey } }) {
        const key = `module_geoip_list_${id.replaceAll('-', '_')}`;
        const box = make('input', { type: 'checkbox', id: `geoip-list-${id}`, 'aria-describedby': `geoip-about-${id}` });
        box.checked = this.#draft.usesList(id);
        box.dataset.changes = '';
        box.addEventListener('change', () => {
            if (box.checked) {
                this.#draft.addPublishedList(id);
            } else {
                this.#draft.removeList(id);
            }
        });
        const link = make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, words.text('module_geoip_list_terms'));
        return make(
            'li',
            {},
            make('div', { class: 'ui checkbox' }, box, make('label', { for: box.id }, make('bdi', {}, name))),
            make(
                'div',
                { id: `geoip-about-${id}` },
                note(words.text(`${key}_purpose`)),
                note(
                    words.text('module_geoip_list_published', { publisher }),
                    ' ',
                    words.text(`${key}_terms`),
                    ' ',
                    link,
                ),
            ),
            ...(needsKey && this.#draft.usesList(id) ? this.#key(id) : []),
            ...this.#facts(id),
        );
    }

    /** The field for the key of a list. What is stored is not shown again. */
    #key(id) {
        const isKnown = this.#draft.lists.find((list) => list.id === id).key !== undefined;
        const input = make('input', {
            type: 'password', id: `geoip-list-key-${id}`, autocomplete: 'off', 'aria-describedby': `geoip-about-key-${id}`,
        });
        input.dataset.changes = '';
        input.addEventListener('change', () => {
            const key = input.value.trim();
            input.value = '';
            this.#draft.addList(key === '' ? { id } : { id, key });
        });
        return [make(
            'div',
            { class: 'ui form geoip-key' },
            make(
                'div',
                { class: 'field' },
                make('label', { for: input.id }, words.text('module_geoip_list_key')),
                input,
                make(
                    'div',
                    { id: `geoip-about-key-${id}`, class: isKnown ? 'geoip-note' : 'geoip-error' },
                    words.text(isKnown ? 'module_geoip_list_key_stored' : 'module_geoip_list_no_key'),
                ),
            ),
        )];
    }

    #ownItem(list) {
        const remove = makeButton('mini basic icon', icon('trash alternate'), () => {
            this.#draft.removeList(list.id);
            document.querySelector('#geoip-list-add summary').focus();
        });
        remove.setAttribute('aria-label', words.text('module_geoip_exception_remove', { address: list.id }));
        remove.dataset.changes = '';
        return make(
            'li',
            {},
            make('div', {}, make('bdi', {}, list.id), note(make('bdi', {}, listInWords(list))), ...this.#facts(list.id)),
            remove,
        );
    }

    /** What was downloaded of a list that is used; nothing before the PBX has said so. */
    #facts(id) {
        if (this.#known.size === 0 || !this.#draft.usesList(id)) {
            return [];
        }
        const facts = listFacts(this.#known.get(id));
        const good = facts.filter(({ isBad }) => !isBad).map(sentence);
        const bad = facts.filter(({ isBad }) => isBad).map(sentence);
        return [
            ...(good.length > 0 ? [note(good.join(' · '))] : []),
            ...bad.map((text) => make('div', { class: 'geoip-error' }, text)),
        ];
    }

    #showForm() {
        const isPasted = this.#from.value === 'text';
        this.#url.closest('.field').hidden = isPasted;
        this.#content.closest('.field').hidden = !isPasted;
    }

    #add() {
        const id = listIdOf(this.#name.value);
        const isPasted = this.#from.value === 'text';
        const [field, value] = isPasted ? [this.#content, this.#content.value.trim()] : [this.#url, this.#url.value.trim()];
        if (id === '') {
            this.#complain(this.#name, words.text('module_geoip_list_no_name'));
        } else if (this.#draft.knowsList(id) || this.#known.get(id)?.catalogued) {
            this.#complain(this.#name, words.text('module_geoip_exception_present', { value: id }));
        } else if (isPasted ? value === '' : !isWebAddress(value)) {
            this.#complain(field, words.text(`module_geoip_list_no_${isPasted ? 'content' : 'url'}`));
        } else {
            this.#name.value = '';
            field.value = '';
            this.#complain(null, '');
            this.#draft.addList(isPasted ? { id, text: value } : { id, url: value });
            this.#name.focus();
        }
    }

    /** @param {?Element} field the one that is wrong */
    #complain(field, reason) {
        [this.#name, this.#url, this.#content].forEach((input) => input.setAttribute('aria-invalid', input === field));
        this.#error.textContent = reason;
        field?.focus();
    }
}

function note(...content) {
    return make('div', { class: 'geoip-note' }, ...content);
}

function sentence({ key, n, moment }) {
    return n === undefined
        ? words.text(`module_geoip_list_${key}`, { when: moment && words.ago(new Date(moment)) })
        : words.count(`module_geoip_list_${key}`, n);
}

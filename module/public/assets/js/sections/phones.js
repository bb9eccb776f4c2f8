// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make, makeButton, namedFlag } from '../elements.js';
import { endInWords, shownPersonOf, words } from '../words.js';

/** Phones that get in because they are registered: whether any may, and which do now. */
export class Phones {
    #draft;

    #letIn;

    #onRevoked;

    #box = document.getElementById('geoip-keep-phones');

    #list = document.getElementById('geoip-phones');

    #title = document.getElementById('geoip-phones-kept');

    #outcome = document.getElementById('geoip-phones-outcome');

    #shown = '';

    /**
     * @param {Draft} draft
     * @param {function(object)} letIn is given a phone to let in until a date
     * @param {function} onRevoked called when a phone has lost its way
     */
    constructor(draft, letIn, onRevoked) {
        this.#draft = draft;
        this.#letIn = letIn;
        this.#onRevoked = onRevoked;
        this.#box.addEventListener('change', () => draft.setKeepsPhones(this.#box.checked));
        draft.addEventListener('change', () => {
            this.#box.checked = draft.keepsPhones;
        });
    }

    /** @param {object[]} phones as `GET status` answers them */
    show(phones) {
        const shown = JSON.stringify(phones);
        if (shown === this.#shown) {
            return;
        }
        this.#shown = shown;
        this.#title.hidden = phones.length === 0;
        this.#title.textContent = words.text('module_geoip_phones_kept', {
            n: words.number(new Set(phones.map(({ phone }) => phone)).size),
        });
        // The button that has the focus is made anew, and keeps it.
        const focused = this.#list.contains(document.activeElement) ? document.activeElement.id : '';
        this.#list.replaceChildren(...phones.map((one) => this.#item(one)));
        document.getElementById(focused)?.focus({ preventScroll: true });
    }

    #item(one) {
        const {
            phone, name, address, country, since, seen_at: seen, expires_at: expiresAt, is_registered: isRegistered,
        } = one;
        const title = make('bdi', { id: `geoip-phone-${phone}-${address}` }, shownPersonOf({ kind: 'phone', name }));
        const lines = [
            [make('bdi', {}, address), ' ', ...namedFlag(country)],
            [words.text('module_geoip_phone_since', { when: words.date(new Date(since)) })],
            [isRegistered
                ? words.text('module_geoip_phone_registered')
                : words.text('module_geoip_phone_seen', { when: words.ago(new Date(seen)) })],
            [endInWords(expiresAt)],
        ];
        return make(
            'li',
            {},
            make('div', {}, title, ...lines.map((line) => make('div', { class: 'geoip-note' }, ...line))),
            make(
                'div',
                {},
                this.#button('phone_let_in', title, () => this.#letIn(one)),
                this.#button('phone_revoke', title, (event) => this.#revoke(one, event.currentTarget)),
            ),
        );
    }

    #button(key, title, onClick) {
        const button = makeButton('mini basic', words.text(`module_geoip_${key}`), onClick);
        button.id = `${title.id}-${key}`;
        button.setAttribute('aria-describedby', title.id);
        button.dataset.changes = '';
        return button;
    }

    async #revoke({ phone, name, address }, button) {
        button.classList.add('loading', 'disabled');
        try {
            const { warnings } = await api.send('POST', 'policy:revoke', { phone, address });
            this.#say('', [
                words.text('module_geoip_phone_revoked', { who: shownPersonOf({ kind: 'phone', name }) }),
                ...warnings.map(({ text }) => text),
            ]);
            // Its button is about to vanish.
            this.#box.focus();
            this.#onRevoked();
        } catch (error) {
            this.#say('geoip-error', [error.message]);
        } finally {
            button.classList.remove('loading', 'disabled');
        }
    }

    #say(look, sentences) {
        this.#outcome.className = look;
        this.#outcome.textContent = sentences.join(' ');
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { icon, make, makeButton } from '../elements.js';
import { whoInWords } from '../policy-words.js';
import { exceptionOf, whoOf } from '../pure/excepted.js';
import { parseEnd } from '../pure/expiry.js';
import { hostFacts, phoneFact } from '../pure/host-facts.js';
import { endInWords, isolated, words } from '../words.js';

const MINUTE_MILLISECONDS = 60000;

/** From so many on a list is searched rather than read. */
const MANY = 8;

/** The editor of the exceptions. */
export class Exceptions {
    #draft;

    #input = document.getElementById('geoip-exception');

    #note = document.getElementById('geoip-exception-note');

    #end = document.getElementById('geoip-exception-end');

    #date = document.getElementById('geoip-exception-date');

    #error = document.getElementById('geoip-exception-error');

    #none = document.getElementById('geoip-exceptions-none');

    #search = document.getElementById('geoip-exceptions-search');

    /** What is known of the hosts and phones in force, `{hosts, phones}`; null before it is. */
    #known = null;

    constructor(draft) {
        this.#draft = draft;
        for (const [value, unit] of [['1h', 'hour'], ['1d', 'day'], ['1w', 'week']]) {
            this.#end.lastElementChild.before(make('option', { value }, words.ahead(1, unit)));
        }
        this.#end.addEventListener('change', () => this.#showDate());
        document.getElementById('geoip-exception-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#add();
        });
        this.#search.addEventListener('input', () => this.#show());
        draft.addEventListener('change', () => this.#show());
        // What is left of them becomes less, and some end.
        setInterval(() => this.#show(), MINUTE_MILLISECONDS);
    }

    /** Puts a subnet that somebody pointed at elsewhere on the page into the field, to be added or not. */
    offer(subnet) {
        this.#input.value = subnet;
        this.#input.focus();
    }

    /**
     * Puts a phone into the field, to get in until a date that is still to be chosen.
     *
     * @param {{phone: string, name: string}} person the extension, and the same with whose it is
     */
    offerPhone({ phone, name }) {
        this.#note.value = name.slice(phone.length).trim();
        this.#end.value = 'date';
        this.#showDate();
        this.offer(`phone:${phone}`);
        this.#date.focus();
    }

    /** @param {{hosts: object[], phones: object[]}} status as `GET status` answers it */
    showKnown({ hosts, phones }) {
        const known = { hosts, phones: phones.map(({ phone, address }) => ({ phone, address })) };
        // No button vanishes under the pointer while nothing changes.
        if (JSON.stringify(known) !== JSON.stringify(this.#known)) {
            this.#known = known;
            this.#show();
        }
    }

    async #add() {
        const end = this.#chosenEnd();
        if (end === undefined) {
            this.#complain(this.#date, [words.text('module_geoip_exception_no_date')]);
            return;
        }
        const typed = this.#input.value.split(/[\s,;]+/).filter((word) => word !== '');
        try {
            this.#take(typed, await api.checkExceptions(typed.map((text) => ({ text, expires_at: end }))));
        } catch (error) {
            this.#complain(null, [error.message]);
        }
    }

    /** @param {{exception: ?object, wrong: ?string}[]} answers what the PBX says of each that was typed */
    #take(typed, answers) {
        const right = answers.flatMap(({ exception }) => exception ?? []);
        if (right.some((exception) => exception.is_over)) {
            this.#complain(this.#date, [words.text('module_geoip_exception_past')]);
            return;
        }
        const invalid = typed.filter((word, index) => answers[index].wrong !== null);
        const present = right.filter((exception) => this.#draft.hasException(whoOf(exception)));
        const note = this.#note.value.trim();
        this.#draft.addExceptions(
            right.filter((exception) => !present.includes(exception)).map((exception) => exceptionOf(exception, note)),
        );
        this.#input.value = invalid.join(' ');
        if (invalid.length === 0) {
            this.#note.value = '';
            this.#end.value = '';
            this.#showDate();
        }
        this.#complain(invalid.length > 0 ? this.#input : null, [
            ...invalid.map((value) => words.text('module_geoip_exception_invalid', { value })),
            ...present.map((one) => words.text('module_geoip_exception_present', { value: whoInWords(one) })),
        ]);
        this.#input.focus();
    }

    #showDate() {
        this.#date.hidden = this.#end.value !== 'date';
    }

    /** The chosen end; undefined while there is no date. */
    #chosenEnd() {
        switch (this.#end.value) {
            case '':
                return null;
            case 'date':
                return parseEnd(this.#date.value) ?? undefined;
            default:
                return parseEnd(this.#end.value);
        }
    }

    #complain(field, reasons) {
        for (const input of [this.#input, this.#date]) {
            input.setAttribute('aria-invalid', input === field);
        }
        this.#error.textContent = reasons.join(' ');
    }

    #show() {
        const { exceptions } = this.#draft;
        const isLong = exceptions.length >= MANY;
        const wanted = isLong ? this.#search.value.trim().toLowerCase() : '';
        const found = exceptions.filter(
            (exception) => `${whoInWords(exception)} ${exception.note}`.toLowerCase().includes(wanted),
        );
        document.getElementById('geoip-exceptions').replaceChildren(...found.map((one) => this.#item(one)));
        document.getElementById('geoip-exceptions-tools').hidden = !isLong;
        document.getElementById('geoip-exceptions-count').textContent = words.count(
            'module_geoip_exceptions_count',
            found.length,
        );
        this.#none.hidden = found.length > 0;
        this.#none.textContent = words.text(
            exceptions.length > 0 ? 'module_geoip_exceptions_no_match' : 'module_geoip_exceptions_none',
        );
    }

    #item(exception) {
        const { note, expires_at: expiresAt } = exception;
        const address = whoInWords(exception);
        const remove = makeButton('mini basic icon', icon('trash alternate'), () => {
            this.#draft.removeException(whoOf(exception));
            this.#input.focus();
        });
        remove.setAttribute('aria-label', words.text('module_geoip_exception_remove', { address }));
        remove.dataset.changes = '';
        const remarks = [
            ...(note === '' ? [] : [make('bdi', {}, note)]),
            ...(expiresAt === null ? [] : [make('span', {}, endInWords(expiresAt))]),
            ...this.#knownOf(exception),
        ];
        return make(
            'li',
            {},
            make('div', {}, make('bdi', {}, address), ...remarks.map(
                (remark) => make('div', { class: 'geoip-note' }, remark),
            )),
            remove,
        );
    }

    /** The addresses by which a host or a phone gets in, and what else there is to say of it, once that is known. */
    #knownOf({ host, phone }) {
        if (this.#known === null) {
            return [];
        }
        if (host !== undefined) {
            return hostFacts(this.#known.hosts.find((one) => one.host === host)).map((fact) => this.#sentence(fact));
        }
        return phone === undefined ? [] : [
            this.#sentence(phoneFact(this.#known.phones.filter((one) => one.phone === phone))),
        ];
    }

    #sentence({ key, addresses = [], moment }) {
        return words.text(`module_geoip_${key}`, {
            addresses: words.list(addresses.map(isolated)),
            when: moment && (key === 'host_resolved' ? words.ago(new Date(moment)) : words.date(new Date(moment))),
        });
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeButton, makeRow, makeTable, namedFlag } from '../elements.js';
import { words } from '../words.js';

/** Where packets came from: countries with bars, and single addresses with what can be done about them. */
export class Senders {
    #countries = document.getElementById('geoip-activity-countries');

    #addresses = document.getElementById('geoip-activity-addresses');

    /** What was said of an address stays in its row. */
    #answers = new Map();

    #explain;

    #except;

    /**
     * @param {function(string, Element, Element)} explain is given an address to explain, where to, and the button pressed
     * @param {function(string)} except is given a subnet to make an exception of
     */
    constructor(explain, except) {
        this.#explain = explain;
        this.#except = except;
    }

    /**
     * @param {object} activity as `GET activity` answers it
     * @param {string[]} kinds the kinds of packets to tell apart
     */
    show({ countries, addresses }, kinds) {
        // The button that has the focus is made anew, and keeps it.
        const focused = document.activeElement?.id;
        this.#countries.replaceChildren(this.#countryTable(countries, kinds));
        this.#addresses.replaceChildren(this.#addressTable(addresses, kinds));
        if (focused?.startsWith('geoip-sender-')) {
            document.getElementById(focused)?.focus({ preventScroll: true });
        }
    }

    #countryTable(countries, kinds) {
        const most = Math.max(...countries.map(({ packets }) => packets.dropped + packets.counted));
        return makeTable(
            ['country', ...kinds.map((kind) => `activity_${kind}`), 'activity_addresses'],
            countries.map(({ country, packets, addresses }) => makeRow(
                [...this.#country(country), this.#bar(packets, kinds, most)],
                ...this.#counts(packets, kinds),
                words.number(addresses),
            )),
        );
    }

    #addressTable(addresses, kinds) {
        const table = makeTable(
            ['address', ...kinds.map((kind) => `activity_${kind}`), 'activity_first', 'activity_last'],
            addresses.map((sender) => this.#addressRow(sender, kinds)),
        );
        // The buttons say themselves what they are for.
        table.tHead.rows[0].append(make('td'));
        return table;
    }

    #addressRow({
        address, first_address: firstAddress, country, packets, first_seen: first, last_seen: last,
    }, kinds) {
        return makeRow(
            [
                make('bdi', { id: `geoip-sent-${firstAddress}` }, address),
                make('div', { class: 'geoip-note' }, ...this.#country(country)),
                this.#answerOf(firstAddress),
            ],
            ...this.#counts(packets, kinds),
            words.date(new Date(first)),
            words.date(new Date(last)),
            [
                this.#button('explain_check', 'explain', firstAddress, (button) => (
                    this.#explain(firstAddress, this.#answerOf(firstAddress), button)
                )),
                this.#button('activity_except', 'except', firstAddress, () => this.#except(address)),
            ],
        );
    }

    #answerOf(address) {
        if (!this.#answers.has(address)) {
            this.#answers.set(address, make('div', { role: 'status' }));
        }
        return this.#answers.get(address);
    }

    #button(key, does, address, onClick) {
        const button = makeButton('mini basic', words.text(`module_geoip_${key}`), () => onClick(button));
        button.id = `geoip-sender-${does}-${address}`;
        button.setAttribute('aria-describedby', `geoip-sent-${address}`);
        button.dataset[does === 'explain' ? 'asks' : 'changes'] = '';
        return button;
    }

    #country(code) {
        return code ? namedFlag(code) : [words.text('module_geoip_explain_unknown')];
    }

    #counts(packets, kinds) {
        return kinds.map((kind) => words.number(packets[kind]));
    }

    #bar(packets, kinds, most) {
        const bar = make('div', { class: 'geoip-bar', 'aria-hidden': 'true' });
        kinds.forEach((kind) => {
            const part = make('span', { class: `geoip-${kind}` });
            part.style.width = `${100 * packets[kind] / most}%`;
            bar.append(part);
        });
        return bar;
    }
}

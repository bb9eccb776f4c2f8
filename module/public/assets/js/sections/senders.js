// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeButton, makeRow, makeTable, namedFlag } from '../elements.js';
import { networkName, words } from '../words.js';

/** Where packets came from: countries with bars, and single addresses with what can be done about them. */
export class Senders {
    #countries = document.getElementById('geoip-activity-countries');

    #networks = document.getElementById('geoip-activity-networks');

    #addresses = document.getElementById('geoip-activity-addresses');

    /** What was said of an address stays in its row. */
    #answers = new Map();

    #draft;

    #does;

    /**
     * @param {Draft} draft
     * @param {{explain: function(string, Element, Element), except: function(string), block: function(number)}} does what is
     *     done with an address (where to explain it, and the button pressed), with a subnet, and with a network
     */
    constructor(draft, does) {
        this.#draft = draft;
        this.#does = does;
    }

    /**
     * @param {object} activity as `GET activity` answers it
     * @param {string[]} kinds the kinds of packets to tell apart
     */
    show({ countries, networks, addresses }, kinds) {
        // The button that has the focus is made anew, and keeps it.
        const focused = document.activeElement?.id;
        this.#countries.replaceChildren(this.#countryTable(countries, kinds));
        this.#networks.hidden = networks.length === 0;
        this.#networks.replaceChildren(...(networks.length > 0 ? [this.#networkTable(networks, kinds)] : []));
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

    #networkTable(networks, kinds) {
        const most = Math.max(...networks.map(({ packets }) => packets.dropped + packets.counted));
        const table = makeTable(
            ['networks', ...kinds.map((kind) => `activity_${kind}`), 'activity_addresses'],
            networks.map(({ network, packets, addresses }) => {
                const row = makeRow(
                    [make('bdi', {}, networkName(network)), this.#bar(packets, kinds, most)],
                    ...this.#counts(packets, kinds),
                    words.number(addresses),
                );
                row.append(make('td', {}, ...this.#blockButton(network)));
                return row;
            }),
        );
        // The buttons say themselves what they are for.
        table.tHead.rows[0].append(make('td'));
        return table;
    }

    #blockButton(network) {
        const { number } = network;
        if (this.#draft.networks.includes(number)) {
            return [];
        }
        const button = makeButton('mini basic', words.text('module_geoip_action_drop'), () => this.#does.block(number));
        button.id = `geoip-sender-network-${number}`;
        button.setAttribute('aria-label', words.text('module_geoip_network_block', { network: networkName(network) }));
        button.dataset.changes = '';
        return [button];
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
        address, first_address: firstAddress, country, network, packets, first_seen: first, last_seen: last,
    }, kinds) {
        return makeRow(
            [
                make('bdi', { id: `geoip-sent-${firstAddress}` }, address),
                make('div', { class: 'geoip-note' }, ...this.#country(country)),
                ...(network === null ? [] : [make('div', { class: 'geoip-note' }, make('bdi', {}, networkName(network)))]),
                this.#answerOf(firstAddress),
            ],
            ...this.#counts(packets, kinds),
            words.date(new Date(first)),
            words.date(new Date(last)),
            [
                this.#button('explain_check', 'explain', firstAddress, (button) => (
                    this.#does.explain(firstAddress, this.#answerOf(firstAddress), button)
                )),
                this.#button('activity_except', 'except', firstAddress, () => this.#does.except(address)),
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

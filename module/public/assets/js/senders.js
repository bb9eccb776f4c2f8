// SPDX-License-Identifier: GPL-3.0-or-later

/** Where packets came from: countries with bars, and single addresses with what can be done about them. */
class GeoIpSenders {
    #countries = document.getElementById('geoip-activity-countries');

    #addresses = document.getElementById('geoip-activity-addresses');

    #explain;

    #except;

    /**
     * @param {function(string)} explain is given an address to explain
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
        return GeoIpElements.table(
            ['country', ...kinds.map((kind) => `activity_${kind}`), 'activity_addresses'],
            countries.map(({ country, packets, addresses }) => GeoIpElements.row(
                [...this.#country(country), this.#bar(packets, kinds, most)],
                ...this.#counts(packets, kinds),
                GeoIpWords.number(addresses),
            )),
        );
    }

    #addressTable(addresses, kinds) {
        const table = GeoIpElements.table(
            ['address', ...kinds.map((kind) => `activity_${kind}`), 'activity_first', 'activity_last'],
            addresses.map((sender, index) => this.#addressRow(sender, index, kinds)),
        );
        // The buttons say themselves what they are for.
        table.tHead.rows[0].append(GeoIpElements.make('td'));
        return table;
    }

    #addressRow({ address, country, packets, first_seen: first, last_seen: last }, index, kinds) {
        return GeoIpElements.row(
            [
                GeoIpElements.make('bdi', { id: `geoip-sent-${index}` }, address),
                GeoIpElements.make('div', { class: 'geoip-note' }, ...this.#country(country)),
            ],
            ...this.#counts(packets, kinds),
            GeoIpWords.date(new Date(first)),
            GeoIpWords.date(new Date(last)),
            [
                this.#button('explain_check', 'explain', index, () => this.#explain(address.replace(/\/.*/, ''))),
                this.#button('activity_except', 'except', index, () => this.#except(address)),
            ],
        );
    }

    #button(key, does, index, onClick) {
        const button = GeoIpElements.button('mini basic', GeoIpWords.text(`module_geoip_${key}`), onClick);
        button.id = `geoip-sender-${does}-${index}`;
        button.setAttribute('aria-describedby', `geoip-sent-${index}`);
        button.dataset[does === 'explain' ? 'asks' : 'changes'] = '';
        return button;
    }

    #country(code) {
        return code ? GeoIpElements.country(code) : [GeoIpWords.text('module_geoip_explain_unknown')];
    }

    #counts(packets, kinds) {
        return kinds.map((kind) => GeoIpWords.number(packets[kind]));
    }

    #bar(packets, kinds, most) {
        const bar = GeoIpElements.make('div', { class: 'geoip-bar', 'aria-hidden': 'true' });
        kinds.forEach((kind) => {
            const part = GeoIpElements.make('span', { class: `geoip-${kind}` });
            part.style.width = `${100 * packets[kind] / most}%`;
            bar.append(part);
        });
        return bar;
    }
}

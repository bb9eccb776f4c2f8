// SPDX-License-Identifier: GPL-3.0-or-later

/** Packets over time as bars, and as a table for whoever does not see them. */
class GeoIpTrend {
    static #HEIGHT = 100;

    static #HOUR = 3600000;

    #root = document.getElementById('geoip-trend');

    /**
     * @param {object} activity as `GET activity` answers it
     * @param {string[]} kinds the kinds of packets to tell apart
     * @param {boolean} byDay whether a bar is a day, in the browser's time, or an hour
     */
    show({ since, until, hours }, kinds, byDay) {
        const steps = GeoIpTrend.#steps(new Date(since), new Date(until), byDay);
        hours.forEach(({ from, packets }) => {
            const step = steps.findLast(({ begin }) => begin <= new Date(from)) ?? steps[0];
            kinds.forEach((kind) => {
                step[kind] += packets[kind];
            });
        });
        const isOpen = this.#root.querySelector('details')?.open ?? false;
        this.#root.replaceChildren(this.#figure(steps, kinds, byDay), this.#table(steps, kinds, byDay, isOpen));
    }

    static #steps(since, until, byDay) {
        const steps = [];
        const next = new Date(since);
        if (byDay) {
            next.setHours(0, 0, 0, 0);
        }
        while (next <= until) {
            steps.push({ begin: new Date(next), dropped: 0, counted: 0 });
            if (byDay) {
                next.setDate(next.getDate() + 1);
            } else {
                next.setTime(next.getTime() + this.#HOUR);
            }
        }
        return steps;
    }

    #figure(steps, kinds, byDay) {
        const most = Math.max(1, ...steps.map((step) => step.dropped + step.counted));
        const bars = steps.flatMap((step, index) => this.#bars(step, index, kinds, most));
        const title = GeoIpWords.text('module_geoip_activity_trend');
        const chart = GeoIpElements.svg(
            'svg',
            {
                viewBox: `0 0 ${steps.length} ${GeoIpTrend.#HEIGHT}`, preserveAspectRatio: 'none', role: 'img',
                'aria-labelledby': 'geoip-trend-title geoip-trend-most',
            },
            ...bars,
        );
        const axis = [steps[0], steps[Math.floor(steps.length / 2)], steps.at(-1)].map(
            ({ begin }) => GeoIpElements.make('bdi', {}, GeoIpTrend.#label(begin, byDay)),
        );
        return GeoIpElements.make(
            'figure',
            {},
            GeoIpElements.make(
                'figcaption',
                {},
                GeoIpElements.make('span', { id: 'geoip-trend-title' }, title),
                ...kinds.map((kind) => GeoIpElements.make(
                    'span',
                    { class: `geoip-legend geoip-legend-${kind}` },
                    GeoIpWords.text(`module_geoip_activity_${kind}`),
                )),
                GeoIpElements.make(
                    'span',
                    { class: 'geoip-note', id: 'geoip-trend-most' },
                    `≤ ${GeoIpWords.number(most)}`,
                ),
            ),
            chart,
            GeoIpElements.make('div', { class: 'geoip-axis', 'aria-hidden': 'true' }, ...axis),
        );
    }

    /** Those of a step, on top of each other. */
    #bars(step, index, kinds, most) {
        let y = GeoIpTrend.#HEIGHT;
        return kinds.filter((kind) => step[kind] > 0).map((kind) => {
            const height = Math.max(1, GeoIpTrend.#HEIGHT * step[kind] / most);
            y -= height;
            return GeoIpElements.svg('rect', { x: index + 0.1, y, width: 0.8, height, class: `geoip-${kind}` });
        });
    }

    #table(steps, kinds, byDay, isOpen) {
        const rows = steps.filter((step) => step.dropped + step.counted > 0).map((step) => GeoIpElements.row(
            GeoIpTrend.#label(step.begin, byDay),
            ...kinds.map((kind) => GeoIpWords.number(step[kind])),
        ));
        const details = GeoIpElements.make(
            'details',
            {},
            GeoIpElements.make('summary', {}, GeoIpWords.text('module_geoip_activity_table')),
            GeoIpElements.table(['activity_time', ...kinds.map((kind) => `activity_${kind}`)], rows),
        );
        details.open = isOpen;
        return details;
    }

    static #label(date, byDay) {
        return byDay
            ? date.toLocaleDateString(GeoIpWords.language, { dateStyle: 'medium' })
            : GeoIpWords.date(date);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeRow, makeSvg, makeTable } from '../elements.js';
import { trendSteps } from '../pure/trend-steps.js';
import { words } from '../words.js';

const HEIGHT = 100;

/** Packets over time as bars, and as a table for whoever does not see them. */
export class Trend {
    #root = document.getElementById('geoip-trend');

    /**
     * @param {object} activity as `GET activity` answers it
     * @param {string[]} kinds the kinds of packets to tell apart
     * @param {boolean} byDay whether a bar is a day, in the browser's time, or an hour
     */
    show(activity, kinds, byDay) {
        const steps = trendSteps(activity, byDay);
        const isOpen = this.#root.querySelector('details')?.open ?? false;
        this.#root.replaceChildren(this.#figure(steps, kinds, byDay), this.#table(steps, kinds, byDay, isOpen));
    }

    #figure(steps, kinds, byDay) {
        const most = Math.max(1, ...steps.map((step) => step.dropped + step.counted));
        const bars = steps.flatMap((step, index) => this.#bars(step, index, kinds, most));
        const title = words.text('module_geoip_activity_trend');
        const chart = makeSvg(
            'svg',
            {
                viewBox: `0 0 ${steps.length} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img',
                'aria-labelledby': 'geoip-trend-title geoip-trend-most',
            },
            ...bars,
        );
        const axis = [steps[0], steps[Math.floor(steps.length / 2)], steps.at(-1)].map(
            ({ begin }) => make('bdi', {}, label(begin, byDay)),
        );
        return make(
            'figure',
            {},
            make(
                'figcaption',
                {},
                make('span', { id: 'geoip-trend-title' }, title),
                ...kinds.map((kind) => make(
                    'span',
                    { class: `geoip-legend geoip-legend-${kind}` },
                    words.text(`module_geoip_activity_${kind}`),
                )),
                make(
                    'span',
                    { class: 'geoip-note', id: 'geoip-trend-most' },
                    words.count(`module_geoip_activity_busiest_${byDay ? 'day' : 'hour'}`, most),
                ),
            ),
            chart,
            make('div', { class: 'geoip-axis', 'aria-hidden': 'true' }, ...axis),
        );
    }

    /** Those of a step, on top of each other. */
    #bars(step, index, kinds, most) {
        let y = HEIGHT;
        return kinds.filter((kind) => step[kind] > 0).map((kind) => {
            const height = Math.max(1, HEIGHT * step[kind] / most);
            y -= height;
            return makeSvg('rect', { x: index + 0.1, y, width: 0.8, height, class: `geoip-${kind}` });
        });
    }

    #table(steps, kinds, byDay, isOpen) {
        const rows = steps.filter((step) => step.dropped + step.counted > 0).map((step) => makeRow(
            label(step.begin, byDay),
            ...kinds.map((kind) => words.number(step[kind])),
        ));
        const details = make(
            'details',
            {},
            make('summary', {}, words.text('module_geoip_activity_table')),
            makeTable(['activity_time', ...kinds.map((kind) => `activity_${kind}`)], rows),
        );
        details.open = isOpen;
        return details;
    }
}

function label(date, byDay) {
    return byDay ? words.day(date) : words.date(date);
}

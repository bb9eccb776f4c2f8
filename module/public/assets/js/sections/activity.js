// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make, makeButton, makeFacts } from '../elements.js';
import { words } from '../words.js';
import { Trend } from './trend.js';

const POLL_MILLISECONDS = 15000;

/** While another tab is open. */
const REST_MILLISECONDS = 60000;

const PERIODS = [
    { hours: 24, count: 24, unit: 'hour' },
    { hours: 168, count: 7, unit: 'day' },
    { hours: 744, count: 31, unit: 'day' },
];

const KINDS = ['dropped', 'counted'];

/** What the filter has dropped, or only counted, of late; kept up to date while somebody may be looking. */
export class Activity {
    #section = document.getElementById('geoip-activity');

    #content = document.getElementById('geoip-activity-content');

    #none = document.getElementById('geoip-activity-none');

    #error = document.getElementById('geoip-activity-error');

    #periods = document.getElementById('geoip-activity-periods');

    #period = PERIODS[0];

    #trend = new Trend();

    #senders;

    #listed;

    #onShown;

    #onDay;

    #isOff = true;

    /** Whether anything is blocked or counted: else that nothing came says nothing. */
    #isFiltering = false;

    /** Since when it is known what came; 0 before the first answer. */
    #countsSince = 0;

    #shown = '';

    #timer = null;

    /**
     * @param {Senders} senders
     * @param {Listed} listed
     * @param {function(Map<string, number>)} onShown called with the packets by country when something new is shown
     * @param {function(?{dropped: number, counted: number})} onDay called with the attempts of the last 24 hours; null
     *     while another period is looked at
     */
    constructor(senders, listed, onShown, onDay) {
        this.#senders = senders;
        this.#listed = listed;
        this.#onShown = onShown;
        this.#onDay = onDay;
        this.#periods.append(...PERIODS.map((period) => makeButton(
            '',
            words.span(period.count, period.unit),
            () => this.#choose(period),
        )));
        this.#showPeriod();
        document.addEventListener('visibilitychange', () => this.load());
        window.addEventListener('hashchange', () => this.load());
    }

    /** The PBX serves no resources of a module that is switched off. */
    set isOff(isOff) {
        this.#isOff = isOff;
        this.#section.hidden = isOff;
    }

    set isFiltering(isFiltering) {
        if (isFiltering !== this.#isFiltering) {
            this.#isFiltering = isFiltering;
            this.#sayWhyNothing();
        }
    }

    /** @param {boolean} isPatient whether the module's resources may be about to appear */
    async load(isPatient = false) {
        clearTimeout(this.#timer);
        if (document.hidden || this.#isOff) {
            return;
        }
        const period = this.#period;
        try {
            const get = isPatient ? api.getPatiently : api.get;
            const activity = await get('activity', { hours: period.hours });
            if (period === this.#period) {
                this.#error.replaceChildren();
                this.#show(activity);
            }
        } catch (error) {
            this.#complain(error);
        }
        clearTimeout(this.#timer);
        const isLookedAt = this.#section.offsetParent !== null;
        this.#timer = setTimeout(() => this.load(), isLookedAt ? POLL_MILLISECONDS : REST_MILLISECONDS);
    }

    #choose(period) {
        this.#period = period;
        this.#shown = '';
        this.#showPeriod();
        this.load();
    }

    #showPeriod() {
        [...this.#periods.children].forEach((button, index) => {
            const isChosen = PERIODS[index] === this.#period;
            button.classList.toggle('active', isChosen);
            button.setAttribute('aria-pressed', isChosen);
        });
    }

    #show(activity) {
        // Nothing moves under the pointer while nothing happens.
        const shown = JSON.stringify({ ...activity, until: activity.until.slice(0, 13) });
        if (shown === this.#shown) {
            return;
        }
        this.#shown = shown;
        const { totals } = activity;
        const kinds = KINDS.filter((kind) => totals[kind] > 0);
        this.#onDay(this.#period === PERIODS[0] ? totals : null);
        this.#content.hidden = kinds.length === 0;
        this.#none.hidden = kinds.length > 0;
        this.#countsSince = activity.counts_since;
        this.#sayWhyNothing();
        if (kinds.length > 0) {
            this.#showTotals(activity, kinds);
            this.#trend.show(activity, kinds, this.#period.unit === 'day');
            this.#senders.show(activity, kinds);
            this.#listed.show(activity);
            this.#showLosses(activity);
        }
        this.#onShown(new Map(activity.countries.filter(({ country }) => country).map(
            ({ country, packets }) => [country, packets.dropped + packets.counted],
        )));
    }

    #sayWhyNothing() {
        this.#none.textContent = this.#isFiltering
            ? words.text('module_geoip_activity_none', { date: words.date(new Date(this.#countsSince)) })
            : words.text('module_geoip_activity_idle');
    }

    #showTotals({ totals, addresses_seen: seen }, kinds) {
        document.getElementById('geoip-activity-totals').replaceChildren(...makeFacts([
            ...kinds.map((kind) => [
                `activity_${kind}`,
                make('strong', { class: `geoip-total-${kind}` }, words.number(totals[kind])),
            ]),
            ['countries', words.number(totals.countries)],
            ['activity_addresses', words.number(seen)],
        ]));
    }

    /** What the kernel and the disk could not remember. */
    #showLosses({ addresses, addresses_seen: seen, addresses_complete: isComplete, unattributed, warnings }) {
        const lost = unattributed.dropped + unattributed.counted;
        document.getElementById('geoip-activity-notes').textContent = [
            ...(addresses.length < seen ? [words.text('module_geoip_activity_shown', {
                shown: words.number(addresses.length), seen: words.number(seen),
            })] : []),
            ...(isComplete ? [] : [words.text('module_geoip_activity_incomplete')]),
            ...(lost > 0 ? [words.text('module_geoip_activity_lost', { n: words.number(lost) })] : []),
            ...warnings.map(({ text }) => text),
        ].join(' · ');
    }

    #complain(error) {
        this.#error.replaceChildren(make(
            'div',
            { class: 'ui small negative message' },
            make('p', {}, error.message),
            makeButton('tiny', words.text('module_geoip_try_again'), () => this.load()),
        ));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { trendSteps } from '../../module/public/assets/js/pure/trend-steps.js';

process.env.TZ = 'Europe/Berlin';

const hour = (from, dropped, counted = 0) => ({ from, packets: { dropped, counted } });

/** Steps as `[begin, dropped, counted]`. */
function steps(activity, byDay) {
    return trendSteps(activity, byDay).map(({ begin, dropped, counted }) => [begin.toISOString().slice(0, 16), dropped, counted]);
}

test('hours without packets have their step, and packets are in the hour in which they came', () => {
    assert.deepEqual(steps({
        since: '2026-06-15T10:00:00Z',
        until: '2026-06-15T12:30:00Z',
        hours: [hour('2026-06-15T10:00:00Z', 1), hour('2026-06-15T12:00:00Z', 2, 3)],
    }, false), [
        ['2026-06-15T10:00', 1, 0],
        ['2026-06-15T11:00', 0, 0],
        ['2026-06-15T12:00', 2, 3],
    ]);
});

test('days are those of the browser\'s clock, also the short one on which summer time begins', () => {
    assert.deepEqual(steps({
        since: '2026-03-28T12:00:00Z',
        until: '2026-03-30T12:00:00Z',
        hours: [
            hour('2026-03-28T22:00:00Z', 1), hour('2026-03-28T23:00:00Z', 2), hour('2026-03-29T21:00:00Z', 3),
            hour('2026-03-29T22:00:00Z', 4),
        ],
    }, true), [
        ['2026-03-27T23:00', 1, 0],
        ['2026-03-28T23:00', 5, 0],
        ['2026-03-29T22:00', 4, 0],
    ]);
});

test('packets of the hour in which the period begins are not lost', () => {
    assert.deepEqual(steps({
        since: '2026-06-15T10:20:00Z', until: '2026-06-15T10:40:00Z', hours: [hour('2026-06-15T10:00:00Z', 7)],
    }, false), [['2026-06-15T10:20', 7, 0]]);
});

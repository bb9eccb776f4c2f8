// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseEnd } from '../../module/public/assets/js/pure/expiry.js';

process.env.TZ = 'Europe/Berlin';

const NOW = '2026-06-15T10:00:00Z';

function at(moment, { mock }) {
    mock.timers.enable({ apis: ['Date'], now: Date.parse(moment) });
}

test('an end may be so many minutes, hours, days or weeks from now', (context) => {
    at(NOW, context);
    for (const [typed, end] of [
        ['30m', '2026-06-15T10:30:00Z'],
        ['12h', '2026-06-15T22:00:00Z'],
        ['3d', '2026-06-18T10:00:00Z'],
        ['2W', '2026-06-29T10:00:00Z'],
    ]) {
        assert.equal(parseEnd(typed), end);
    }
});

test('a day and a moment are those of the browser\'s clock, in summer and in winter, unless they name another', () => {
    for (const [typed, end] of [
        ['2026-07-01', '2026-07-01T21:59:59Z'],
        ['2026-12-31', '2026-12-31T22:59:59Z'],
        ['2026-07-01T18:00', '2026-07-01T16:00:00Z'],
        ['2026-07-01t18:00:30', '2026-07-01T16:00:30Z'],
        ['2026-07-01T18:00:00Z', '2026-07-01T18:00:00Z'],
        ['2026-07-01T18:00+05:30', '2026-07-01T12:30:00Z'],
    ]) {
        assert.equal(parseEnd(typed), end);
    }
});

test('what names no end, or a day that no calendar has, is none', () => {
    for (const typed of [
        '', 'soon', '3', '3x', '-3d', '123456d', '2026-02-31', '2026-02-30T10:00', '2026-13-01', '2026-12-31T25:00',
        '31.12.2026', '2026-12-31 18:00',
    ]) {
        assert.equal(parseEnd(typed), null, typed);
    }
});

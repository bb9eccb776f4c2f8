// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';

import { toWire, withSafeTexts } from '../../module/public/assets/js/pure/wire.js';

/** By kind, what firewalls before web servers look for; all of it needs more than letters and digits. */
const ATTACKS = [
    /union\s+select/, /select\s+.*\s+from/s, /insert\s+into/, /delete\s+from/, /drop\s+table/, /update\s+.*\s+set/s,
    /['"];/, /['"]\s*(or|and)\s/, /1=1/, /--/, /\/\*/, /\.\./, /\.[/\\]/, /\/etc\//, /\0/, /[;|&`]/, /\$[({]/, /<\w/, /%/,
    /[^\x20-\x7e]/, /\s/,
];

/** Pieces of which attacks are made, and of which harmless notes are. */
const PIECES = [
    'update', 'UPDATE', 'set', 'Select', 'from', 'union', 'or', 'and', '1', '=', ' ', '\t', '\n', '\u00a0', '\u2028', "'",
    '"', ';', '..', '/', '\\', '\0', '%2e', '%252e', '--', '/*', '|', '&&', '$(', '`', '<script', 'é', '😀', 'http://', 'u002e',
];

/** A generator of numbers below a bound, the same ones every time. */
function numbers(seed) {
    let state = seed;
    return (bound) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return Math.floor(state / 65536) % bound;
    };
}

test('whatever is sent arrives as it was, and looks like no attack on the way', () => {
    const number = numbers(19);
    const text = () => Array.from({ length: number(12) }, () => PIECES[number(PIECES.length)]).join('');
    for (let round = 0; round < 5000; round += 1) {
        const sent = {
            source: text(),
            countries: [text(), text()],
            exceptions: [{ subnet: '198.51.100.0/24', note: text(), expires_at: null }, { [text()]: text() }],
            confirm: true,
            hours: -1.5e-7,
        };
        const written = toWire(sent);
        assert.deepEqual(JSON.parse(written), sent);
        for (const body of [written, written.toLowerCase(), decodeURIComponent(written)]) {
            assert.deepEqual(ATTACKS.filter((attack) => attack.test(body)), [], body);
        }
    }
});

test('a text that an address may be asked for in looks like no attack either', () => {
    const number = numbers(13);
    const pieces = [...PIECES, '192.0.2', '.1', ':', '::', 'ffff', '2001:db8', '0'];
    let taken = 0;
    for (let round = 0; round < 200000; round += 1) {
        const text = Array.from({ length: 1 + number(5) }, () => pieces[number(pieces.length)]).join('');
        if (isIP(text) !== 0 && !text.includes('%')) {
            taken += 1;
            assert.deepEqual(ATTACKS.filter((attack) => attack.test(text)), [], text);
        }
    }
    assert.ok(taken > 50, `only ${taken} addresses among them`);
});

test('a text that Core would take for an address is sent behind a blank, and nothing else is changed', () => {
    const exceptions = ['http://wiki', 'HTTPS office', 'the http office', '', undefined].map((note) => ({ subnet: '::/0', note }));
    const sent = withSafeTexts({ exceptions, mode: 'block' });
    assert.equal(sent.mode, 'block');
    assert.deepEqual(sent.exceptions.map(({ note }) => note), [' http://wiki', ' HTTPS office', 'the http office', '', undefined]);
    const lists = [{ id: 'https', url: 'https://lists.example/' }, { id: 'mine', text: '198.51.100.7' }];
    assert.deepEqual(withSafeTexts({ lists }).lists, [{ id: 'https', url: ' https://lists.example/' }, lists[1]]);
    assert.deepEqual(withSafeTexts({ token: 'http' }), { token: 'http' });
});

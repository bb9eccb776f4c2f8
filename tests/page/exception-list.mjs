// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partList, readList } from '../../module/public/assets/js/pure/exception-list.js';

const END = '2099-01-01T00:00:00Z';

/** What the PBX says of a line that is right. */
function right(subnet, expiresAt = null, { isOver = false, isReplaced = false } = {}) {
    return {
        exception: { subnet, expires_at: expiresAt, is_over: isOver, is_replaced: isReplaced }, wrong: null,
    };
}

test('a line may be separated by anything, end like Windows\' lines do, and be empty or a note alone', () => {
    const { lines, mistakes } = readList([
        '# our branches',
        '',
        `198.51.100.7;${END}`,
        `\t198.51.100.0/24 ,  ${END} # Berlin # second floor `,
        '2001:db8::1#',
    ].join('\r\n'));
    assert.deepEqual(mistakes, []);
    assert.deepEqual(lines.map(({ number, text, note, expires_at: end }) => [number, text, note, end]), [
        [3, '198.51.100.7', '', END],
        [4, '198.51.100.0/24', 'Berlin # second floor', END],
        [5, '2001:db8::1', '', null],
    ]);
});

test('a host is taken as the PBX writes it, with its note and its end', () => {
    const list = readList('Anna.Example.net. 3d # at home');
    assert.equal(list.lines[0].text, 'Anna.Example.net.');
    const exception = { host: 'anna.example.net', expires_at: END, is_over: false, is_replaced: false };
    assert.deepEqual(partList(list, [{ exception, wrong: null }]).exceptions, [
        { host: 'anna.example.net', note: 'at home', expires_at: END },
    ]);
});

test('exceptions are taken as the PBX writes them, with their notes, and each subnet once', () => {
    const list = readList(['198.51.100.7/24 # first', '198.51.100.9', '198.51.100.0/24 3d # second'].join('\n'));
    const answers = [right('198.51.100.0/24', null, { isReplaced: true }), right('198.51.100.9/32'), right('198.51.100.0/24', END)];
    assert.deepEqual(partList(list, answers), {
        exceptions: [
            { subnet: '198.51.100.9/32', note: '', expires_at: null },
            { subnet: '198.51.100.0/24', note: 'second', expires_at: END },
        ],
        mistakes: [],
    });
});

test('all mistakes are told in one run, each by its line, with what is wrong there', () => {
    const written = [
        '198.51.100.1',
        'example 3d',
        '',
        '198.51.100.2 soon # Anna',
        '198.51.100.3 3d Anna',
        '198.51.100.4 2001-01-01',
        '198.51.100.5 2099-01-01',
    ];
    const { exceptions, mistakes } = partList(readList(written.join('\n')), [
        right('198.51.100.1/32'),
        { exception: null, wrong: 'host' },
        right('198.51.100.4/32', '2001-01-01T23:59:59Z', { isOver: true }),
        { exception: null, wrong: 'expires_at' },
    ]);
    assert.deepEqual(exceptions.map(({ subnet }) => subnet), ['198.51.100.1/32']);
    assert.deepEqual(mistakes.map(({ number, key, value }) => [number, key, value]), [
        [2, 'module_geoip_exception_invalid', 'example'],
        [4, 'module_geoip_import_end', 'soon'],
        [5, 'module_geoip_import_end', 'Anna'],
        [6, 'module_geoip_exception_past', '2001-01-01'],
        [7, 'module_geoip_import_end', '2099-01-01'],
    ]);
    assert.ok(mistakes.every(({ number, line }) => line === written[number - 1]));
});

test('a note that is too long is cut between characters, not inside one', () => {
    const { lines: [{ note }] } = readList(`198.51.100.1 # ${'😀'.repeat(201)}`);
    assert.equal(note, '😀'.repeat(200));
});

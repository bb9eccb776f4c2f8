// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readExceptions } from '../../module/public/assets/js/pure/exception-list.js';

test('a line may be separated by anything, end like Windows\' lines do, and be empty or a note alone', () => {
    const { exceptions, mistakes } = readExceptions([
        '# our branches',
        '',
        '198.51.100.7;2099-01-01T00:00:00Z',
        '\t198.51.100.0/24 ,  2099-01-01T00:00:00Z # Berlin # second floor ',
        '2001:db8::1#',
    ].join('\r\n'));
    assert.deepEqual(mistakes, []);
    assert.deepEqual(exceptions, [
        { subnet: '198.51.100.7/32', note: '', expires_at: '2099-01-01T00:00:00Z' },
        { subnet: '198.51.100.0/24', note: 'Berlin # second floor', expires_at: '2099-01-01T00:00:00Z' },
        { subnet: '2001:db8::1/128', note: '', expires_at: null },
    ]);
});

test('each mistake is told by its line, with what is wrong there', () => {
    const lines = [
        '198.51.100.1',
        'example.org 3d',
        '',
        '198.51.100.2 soon # Anna',
        '198.51.100.3 3d Anna',
        '198.51.100.4 2001-01-01',
    ];
    const { exceptions, mistakes } = readExceptions(lines.join('\n'));
    assert.deepEqual(exceptions.map(({ subnet }) => subnet), ['198.51.100.1/32']);
    assert.deepEqual(mistakes.map(({ number, key, value }) => [number, key, value]), [
        [2, 'module_geoip_exception_invalid', 'example.org'],
        [4, 'module_geoip_import_end', 'soon'],
        [5, 'module_geoip_import_end', 'Anna'],
        [6, 'module_geoip_exception_past', '2001-01-01'],
    ]);
    assert.ok(mistakes.every(({ number, line }) => line === lines[number - 1]));
});

test('a note that is too long is cut between characters, not inside one', () => {
    const { exceptions: [{ note }] } = readExceptions(`198.51.100.1 # ${'😀'.repeat(201)}`);
    assert.equal(note, '😀'.repeat(200));
});

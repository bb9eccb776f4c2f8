// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isWebAddress, listFacts, listIdOf } from '../../module/public/assets/js/pure/block-lists.js';

const KEPT = { rows: { used: 1670 }, made_at: null, read_at: '2026-11-29T10:00:00Z' };

const known = (changes) => ({ kept: KEPT, problem: null, has_failed: false, ...changes });

const said = (list) => listFacts(list).map(({ key, isBad }) => (isBad ? `${key}!` : key));

test('whatever a list is called makes an id that the PBX takes, or none', () => {
    for (const [name, id] of [
        ['My list', 'my-list'], ['  scanners!  ', 'scanners'], ['Liste für Ödön', 'liste-fur-odon'], ['a--b', 'a-b'],
        ['x'.repeat(50), 'x'.repeat(40)], [`${'x'.repeat(39)} y`, 'x'.repeat(39)], ['список', ''], ['../..', ''], ['', ''],
    ]) {
        assert.equal(listIdOf(name), id, name);
        assert.match(id, /^([a-z\d]+(-[a-z\d]+)*)?$/);
    }
});

test('a web address has a host and is asked for by HTTP', () => {
    for (const good of ['https://lists.example/a.txt', 'HTTP://anna:word@[2001:db8::1]:8080/?key=1']) {
        assert.ok(isWebAddress(good), good);
    }
    for (const bad of ['', 'lists.example', 'ftp://lists.example/', 'https://', 'http:/x', 'javascript:alert(1)']) {
        assert.ok(!isWebAddress(bad), bad);
    }
});

test('of a list is said how much it holds, since when, and what is wrong with it', () => {
    const old = new Date(Date.now() - 15 * 86400e3).toISOString();
    for (const [list, facts] of [
        [undefined, ['none']],
        [known({ kept: null }), ['none']],
        [known({ kept: null, has_failed: true }), ['none!']],
        [known({}), ['entries', 'as_of']],
        [known({ has_failed: true }), ['entries', 'as_of', 'failed!']],
        [known({ kept: { ...KEPT, made_at: old } }), ['entries', 'as_of', 'old!']],
        [known({ kept: { ...KEPT, made_at: new Date().toISOString() } }), ['entries', 'as_of']],
        [known({ kept: null, problem: { code: 'database.corrupt' }, has_failed: true }), ['damaged!']],
    ]) {
        assert.deepEqual(said(list), facts);
    }
});

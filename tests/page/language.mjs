// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';

import { fold } from '../../module/public/assets/js/pure/fold.js';
import { Language } from '../../module/public/assets/js/pure/language.js';

const MESSAGES = new URL('../../module/Messages/', import.meta.url);

const NOW = Date.parse('2026-06-15T10:00:00Z');
const MINUTE = 60e3;
const HOUR = 3600e3;
const DAY = 86400e3;

test('each language of the module has names for countries, whatever Core calls it', () => {
    const names = readdirSync(MESSAGES).map((file) => basename(file, '.php'));
    assert.ok(names.includes('pt_BR') && names.includes('zh_Hans'));
    for (const name of names) {
        assert.notEqual(new Language(name, {}).country('DE'), 'DE', name);
    }
});

test('gaps in a sentence are filled; one for which nothing is known stays to be seen', () => {
    const language = new Language('en', { greeting: '%who%, %who% and %other%' });
    assert.equal(language.text('greeting', { who: 'Anna' }), 'Anna, Anna and %other%');
});

test('apostrophes, which Core escapes, are shown as they were written', () => {
    assert.equal(new Language('fr', { key: "L\\'adresse de l\\'appelant" }).text('key'), "L'adresse de l'appelant");
});

test('letters are compared by what people type for them where Unicode knows no accent', () => {
    for (const [name, typed] of [
        ['Færøerne', 'faeroerne'], ['Łódź', 'lodz'], ['Weißrussland', 'weissrussland'], ['Réunion', 'REUNION'],
        ['Côte d’Ivoire', "cote d'ivoire"], ['Kıbrıs', 'kibris'], ['Ελλάδα', 'ελλαδα'],
    ]) {
        assert.equal(fold(name), fold(typed));
    }
    assert.notEqual(fold('Niger'), fold('Nigeria'));
});

test('a time is told in the largest unit of which there are two', ({ mock }) => {
    mock.timers.enable({ apis: ['Date'], now: NOW });
    const language = new Language('en', {});
    for (const [milliseconds, told] of [
        [10e3, '1 minute'],
        [119 * MINUTE, '119 minutes'],
        [2 * HOUR, '2 hours'],
        [47 * HOUR, '47 hours'],
        [2 * DAY, '2 days'],
    ]) {
        assert.equal(language.since(new Date(NOW - milliseconds)), told);
        assert.match(language.until(new Date(NOW + milliseconds)), new RegExp(`^in ${told} \\(`));
    }
});

test('numbers, sizes and lists are written as the language writes them', () => {
    const [english, german, persian] = ['en', 'de', 'fa'].map((name) => new Language(name, {}));
    assert.deepEqual([english.number(12345), german.number(12345)], ['12,345', '12.345']);
    assert.equal(persian.number(12), '۱۲');
    assert.deepEqual([english.bytes(999e3), german.bytes(1.55e6)], ['999 kB', '1,6 MB']);
    assert.equal(german.list(['a', 'b', 'c']), 'a, b und c');
});

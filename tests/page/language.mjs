// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
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
        assert.equal(language.ago(new Date(NOW - milliseconds)), `${told} ago`);
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

test('a sentence with a number has the form that the language has for it', () => {
    const forms = 'one:%n% страна|few:%n% страны|many:%n% стран|other:%n% страны';
    const russian = new Language('ru', { key: forms });
    assert.deepEqual([1, 3, 5, 21].map((n) => russian.count('key', n)), ['1 страна', '3 страны', '5 стран', '21 страна']);
    const english = new Language('en', { key: 'one:%n% of %all%|other:%n% of %all% are' });
    assert.deepEqual([1, 1200].map((n) => english.count('key', n, { all: 9 })), ['1 of 9', '1,200 of 9 are']);
});

/** The sentences of a language, as they stand in its file. */
function sentencesOf(file) {
    const source = readFileSync(new URL(file, MESSAGES), 'utf8');
    return new Map([...source.matchAll(/'(module_geoip_\w+)' => '(.*)',$/gm)].map(([, key, sentence]) => [key, sentence]));
}

test('every language has a form for each of its numbers', () => {
    const counted = [...sentencesOf('en.php')].filter(([, sentence]) => sentence.startsWith('one:')).map(([key]) => key);
    assert.ok(counted.length > 5);
    for (const file of readdirSync(MESSAGES)) {
        const needed = new Intl.PluralRules(basename(file, '.php').replace('_', '-')).resolvedOptions().pluralCategories;
        const sentences = sentencesOf(file);
        // British English says only what it says otherwise.
        for (const key of counted.filter((one) => file !== 'en_GB.php' || sentences.has(one))) {
            const forms = sentences.get(key).split('|').map((form) => form.match(/^([a-z]+):./)?.[1]);
            assert.deepEqual([...forms].sort(), [...needed].sort(), `${file}: ${key}`);
        }
    }
});

test('a country is known by what people call it', () => {
    const names = (language, code) => new Language(language, {}).namesOf(code);
    for (const [language, code, name] of [
        ['en', 'US', 'USA'], ['en', 'GB', 'England'], ['en', 'NL', 'Holland'], ['en', 'TR', 'Turkey'], ['en', 'AE', 'UAE'],
        ['en', 'CZ', 'Czech Republic'], ['en', 'CI', 'Ivory Coast'], ['ru', 'US', 'США'], ['ru', 'GB', 'Англия'],
        ['ru', 'BY', 'Белоруссия'], ['ru', 'KR', 'Корея'], ['ru', 'KP', 'Корея'], ['de', 'GB', 'Großbritannien'],
        ['fr', 'DE', 'Deutschland'], ['fr', 'DE', 'Allemagne'], ['fr', 'DE', 'Germany'], ['en', 'HK', 'Hong Kong'],
    ]) {
        assert.ok(names(language, code).includes(name), `${language} ${code} ${name}`);
    }
});

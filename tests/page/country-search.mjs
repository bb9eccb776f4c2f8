// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
    findByNames, isOneTypoAway, searchable, searchCountries,
} from '../../module/public/assets/js/pure/country-search.js';
import { Language } from '../../module/public/assets/js/pure/language.js';

const CODES = [
    'AE', 'BD', 'BY', 'CI', 'CN', 'CZ', 'DE', 'GB', 'IN', 'IO', 'IE', 'KP', 'KR', 'NE', 'NG', 'NL', 'PE', 'RU', 'SD', 'TR', 'UA', 'US',
    'UM', 'VI', 'VN',
];

function countriesIn(name) {
    const language = new Language(name, {});
    return CODES.map((code) => ({ code, names: language.namesOf(code).map(searchable) }));
}

test('the code that was typed comes first, then names, then parts of names', () => {
    const english = countriesIn('en');
    assert.equal(searchCountries('de', english)[0], 'DE');
    assert.ok(searchCountries('de', english).includes('BD'));
    assert.equal(searchCountries('IN', english)[0], 'IN');
    assert.equal(searchCountries('niger', english)[0], 'NE');
    assert.deepEqual(searchCountries('niger', english).slice(0, 2), ['NE', 'NG']);
});

test('countries are found by their common names, in any language, accents and case aside', () => {
    for (const [language, typed, code] of [
        ['en', 'USA', 'US'], ['en', 'uk', 'GB'], ['en', 'England', 'GB'], ['en', 'HOLLAND', 'NL'], ['en', 'turkey', 'TR'],
        ['en', 'uae', 'AE'], ['en', 'czech republic', 'CZ'], ['en', 'ivory coast', 'CI'], ['ru', 'сша', 'US'],
        ['ru', 'англия', 'GB'], ['ru', 'Белоруссия', 'BY'], ['de', 'grossbritannien', 'GB'], ['fr', 'perou', 'PE'],
        ['fr', 'cote divoire', 'CI'], ['en', '中国', 'CN'], ['ru', 'germany', 'DE'],
    ]) {
        assert.equal(searchCountries(typed, countriesIn(language))[0], code, typed);
    }
    assert.deepEqual(searchCountries('Корея', countriesIn('ru')).slice(0, 2).sort(), ['KP', 'KR']);
});

test('one typo is forgiven, where nothing else fits', () => {
    const english = countriesIn('en');
    for (const [typed, code] of [['germny', 'DE'], ['rusia', 'RU'], ['veitnam', 'VN'], ['ukrainne', 'UA'], ['chyna', 'CN']]) {
        assert.equal(searchCountries(typed, english.values())[0], code, typed);
    }
    assert.deepEqual(searchCountries('atlantis', english), []);
    assert.ok(!searchCountries('niger', english).includes('DE'));
});

test('a typo is one letter too many, too few, another, or two exchanged', () => {
    for (const [one, other, isNear] of [
        ['germany', 'germany', true], ['germny', 'germany', true], ['germanyy', 'germany', true], ['germamy', 'germany', true],
        ['gemrany', 'germany', true], ['gmrany', 'germany', false], ['germ', 'germany', false], ['abcd', 'badc', false],
    ]) {
        assert.equal(isOneTypoAway(one, other), isNear, `${one} ${other}`);
        assert.equal(isOneTypoAway(other, one), isNear, `${other} ${one}`);
    }
});

test('a list takes what the search takes; what is not one country for sure is kept as it was typed', () => {
    assert.deepEqual(
        findByNames('USA; north-korea,,\n uk \n Atlantis ,Germny, nig', countriesIn('en').values()),
        { codes: ['US', 'KP', 'GB', 'DE'], unknown: ['Atlantis', 'nig'] },
    );
    assert.deepEqual(findByNames('Корея', countriesIn('ru')).codes.sort(), ['KP', 'KR']);
});

test('nothing typed finds everything', () => {
    assert.equal(searchCountries('  ', countriesIn('en')).length, CODES.length);
});

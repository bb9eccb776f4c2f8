// SPDX-License-Identifier: GPL-3.0-or-later

// Finding countries by what a person types. A country is `{code, names}`, its names as `searchable` makes them.

import { fold } from './fold.js';

/** How well a country fits, the best first. */
const FIT = {
    code: 0, name: 1, beginning: 2, word: 3, typo: 4, part: 5,
};

/** Shorter words have too many neighbours that are one letter away. */
const SHORTEST_WITH_TYPO = 4;

/** Single letters are in nearly every name. */
const SHORTEST_PART = 2;

/** A name in the shape in which it is searched for. */
export function searchable(name) {
    return { whole: fold(name), words: name.split(/[\s\-(),.]+/).map(fold).filter((word) => word !== '') };
}

/**
 * @param {string} typed
 * @param {Iterable<object>} countries
 * @returns {string[]} their codes, those that fit best first; all of them if nothing is typed
 */
export function searchCountries(typed, countries) {
    return fits(typed, countries).map(({ code }) => code);
}

/**
 * Finds countries by a list, with commas, semicolons or line ends in between.
 *
 * @returns {{codes: string[], unknown: string[]}} `unknown` as they were typed
 */
export function findByNames(text, countries) {
    const names = text.split(/[,;\n]+/).map((name) => name.trim()).filter((name) => name !== '');
    const all = [...countries];
    const found = names.map((name) => meant(name, all));
    return {
        codes: [...new Set(found.flat())],
        unknown: names.filter((name, index) => found[index].length === 0),
    };
}

/** Those that are called so; failing that, the only one whose name is nearly so. */
function meant(name, countries) {
    const found = fits(name, countries);
    const exact = found.filter(({ fit }) => fit === found[0].fit && fit <= FIT.name);
    const isOneTypo = found.length === 1 && found[0].fit === FIT.typo;
    return (isOneTypo ? found : exact).map(({ code }) => code);
}

function fits(typed, iterable) {
    const countries = [...iterable];
    const wanted = fold(typed);
    if (wanted === '') {
        return countries.map(({ code }) => ({ code, fit: FIT.part }));
    }
    const found = judged(countries, ({ code, names }) => fitOf(wanted, code, names));
    // Where a name begins so, nobody mistyped another one.
    return found[0]?.fit <= FIT.word
        ? found
        : judged(countries, ({ code, names }) => typoIn(wanted, names) ?? fitOf(wanted, code, names));
}

function judged(countries, judge) {
    return countries
        .map((country) => ({ code: country.code, fit: judge(country) }))
        .filter(({ fit }) => fit !== undefined)
        .sort((one, other) => one.fit - other.fit);
}

function fitOf(wanted, code, names) {
    if (fold(code) === wanted) {
        return FIT.code;
    }
    const is = (test) => names.some(test);
    if (is(({ whole }) => whole === wanted)) {
        return FIT.name;
    }
    if (is(({ whole }) => whole.startsWith(wanted))) {
        return FIT.beginning;
    }
    if (is(({ words }) => words.some((word) => word.startsWith(wanted)))) {
        return FIT.word;
    }
    return wanted.length >= SHORTEST_PART && is(({ whole }) => whole.includes(wanted)) ? FIT.part : undefined;
}

function typoIn(wanted, names) {
    const isNear = (name) => Math.max(wanted.length, name.length) > SHORTEST_WITH_TYPO && isOneTypoAway(wanted, name);
    return names.some(({ whole, words }) => [whole, ...words].some(isNear)) ? FIT.typo : undefined;
}

/** Whether one letter was left out, added, replaced, or exchanged with the next. */
export function isOneTypoAway(one, other) {
    const [short, long] = one.length <= other.length ? [[...one], [...other]] : [[...other], [...one]];
    if (long.length - short.length > 1) {
        return false;
    }
    const differs = short.findIndex((letter, index) => letter !== long[index]);
    if (differs === -1) {
        return true;
    }
    const rest = (letters, from) => letters.slice(from).join('');
    if (short.length < long.length) {
        return rest(short, differs) === rest(long, differs + 1);
    }
    const isSwapped = short[differs] === long[differs + 1] && short[differs + 1] === long[differs];
    return rest(short, differs + 1) === rest(long, differs + 1)
        || (isSwapped && rest(short, differs + 2) === rest(long, differs + 2));
}

// SPDX-License-Identifier: GPL-3.0-or-later

// Several countries at once. A country is `{code, continent, names}`, its names folded.

import { fold } from './fold.js';

/** Their countries' codes by continents, of those that have any. */
export function byContinent(countries) {
    const continents = new Map();
    for (const { code, continent } of countries) {
        if (continent) {
            continents.set(continent, [...continents.get(continent) ?? [], code]);
        }
    }
    return continents;
}

/**
 * Finds countries by a list that a person typed, with commas, semicolons or line ends in between.
 *
 * @returns {{codes: string[], unknown: string[]}} `unknown` as they were typed
 */
export function findByNames(text, countries) {
    const names = text.split(/[,;\n]+/).map((name) => name.trim()).filter((name) => name !== '');
    const all = [...countries];
    const found = names.map((name) => all.find((country) => country.names.includes(fold(name)))?.code);
    return {
        codes: [...new Set(found.filter((code) => code !== undefined))],
        unknown: names.filter((name, index) => found[index] === undefined),
    };
}

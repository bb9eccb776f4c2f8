// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * @param {Iterable<{code: string, continent: string}>} countries
 * @returns {Map<string, string[]>} their codes by continents, of those that have any
 */
export function byContinent(countries) {
    const continents = new Map();
    for (const { code, continent } of countries) {
        if (continent) {
            continents.set(continent, [...continents.get(continent) ?? [], code]);
        }
    }
    return continents;
}

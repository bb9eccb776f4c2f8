// SPDX-License-Identifier: GPL-3.0-or-later

// Builds elements without ever making markup out of text.

import { words } from './words.js';

/**
 * @param {string} name
 * @param {object} attributes `class` among them; null leaves one out
 * @param {...(string|Node)} children
 */
export function make(name, attributes = {}, ...children) {
    return filled(document.createElement(name), attributes, children);
}

/** The same for a part of a drawing. */
export function makeSvg(name, attributes = {}, ...children) {
    return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

/**
 * @param {string[]} titles of the columns, by the keys of their texts without the prefix
 * @param {Node[]} rows
 */
export function makeTable(titles, rows) {
    const names = titles.map((key) => words.text(`module_geoip_${key}`));
    const head = names.map((name) => make('th', { scope: 'col' }, name));
    // On a narrow screen each row is a card, and its cells say themselves what they hold.
    rows.forEach((row) => names.forEach((name, column) => row.cells[column].setAttribute('data-title', name)));
    return make(
        'table',
        { class: 'ui very compact unstackable table geoip-cards' },
        make('thead', {}, make('tr', {}, ...head)),
        make('tbody', {}, ...rows),
    );
}

/** A row of a table; each cell is a text, an element or a list of them. */
export function makeRow(...cells) {
    return make('tr', {}, ...cells.map((cell) => make('td', {}, ...[cell].flat())));
}

/** A country as it stands in a cell; nothing if there is none. */
export function namedFlag(code) {
    return code ? [flag(code), words.country(code)] : [];
}

/** Pairs for a list of facts: the key of a name without its prefix, and what it is. */
export function makeFacts(pairs) {
    return pairs.flatMap(([key, ...fact]) => [
        make('dt', {}, words.text(`module_geoip_${key}`)),
        make('dd', {}, ...fact),
    ]);
}

/** Text beside it says what it shows. */
export function icon(look) {
    return make('i', { class: `${look} icon`, 'aria-hidden': 'true' });
}

export function flag(code) {
    return make('i', { class: `${code.toLowerCase()} flag`, 'aria-hidden': 'true' });
}

export function makeButton(look, content, onClick) {
    const made = make('button', { type: 'button', class: `ui ${look} button` }, content);
    made.addEventListener('click', onClick);
    return made;
}

function filled(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== null) {
            element.setAttribute(name, value);
        }
    }
    element.append(...children);
    return element;
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeRow, makeTable, namedFlag } from './elements.js';
import { shownPersonOf, words } from './words.js';

/** Whom a policy would cut off, as the PBX names them; whoever is here stands first. */
export function affectedTable(affected) {
    const ownFirst = [...affected].sort((one, other) => (other.kind === 'own') - (one.kind === 'own'));
    return makeTable(
        ['affected_who', 'address', 'country', 'affected_ports'],
        ownFirst.map((person) => makeRow(
            person.kind === 'own' ? [make('strong', {}, shownPersonOf(person))] : shownPersonOf(person),
            make('bdi', {}, person.address),
            [...namedFlag(person.country), ...onList(person)],
            make('bdi', {}, person.ways.join(', ')),
        )),
    );
}

/** On which block list somebody is, where that is why he is cut off. */
function onList({ list }) {
    return list === null ? [] : [make('div', { class: 'geoip-note' }, words.text('module_geoip_list_of', { list }))];
}

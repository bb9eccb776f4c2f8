// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeRow, makeTable, namedFlag } from './elements.js';
import { shownPersonOf } from './words.js';

/** Whom a policy would cut off, as the PBX names them; whoever is here stands first. */
export function affectedTable(affected) {
    const ownFirst = [...affected].sort((one, other) => (other.kind === 'own') - (one.kind === 'own'));
    return makeTable(
        ['affected_who', 'address', 'country', 'affected_ports'],
        ownFirst.map((person) => makeRow(
            person.kind === 'own' ? [make('strong', {}, shownPersonOf(person))] : shownPersonOf(person),
            make('bdi', {}, person.address),
            namedFlag(person.country),
            make('bdi', {}, person.ways.join(', ')),
        )),
    );
}

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
            [...namedFlag(person.country), ...beyondCountries(person)],
            make('bdi', {}, person.ways.join(', ')),
        )),
    );
}

/** The block list or the network of somebody who is cut off for that. */
function beyondCountries({ list, network }) {
    return [
        ...(list === null ? [] : [words.text('module_geoip_list_of', { list })]),
        ...(network === null ? [] : [words.text('module_geoip_network_of', { network })]),
    ].map((text) => make('div', { class: 'geoip-note' }, text));
}

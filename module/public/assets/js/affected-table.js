// SPDX-License-Identifier: GPL-3.0-or-later

import { make, makeRow, makeTable, namedFlag } from './elements.js';
import { words } from './words.js';

/** Whom a policy would cut off, as the PBX names them. */
export function affectedTable(affected) {
    return makeTable(
        ['affected_who', 'address', 'country', 'affected_ports'],
        affected.map(({ kind, name, address, country: code, ways }) => makeRow(
            words.text(`module_geoip_affected_${kind}`, { name }),
            make('bdi', {}, address),
            namedFlag(code),
            make('bdi', {}, ways.join(', ')),
        )),
    );
}

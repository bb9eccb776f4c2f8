// SPDX-License-Identifier: GPL-3.0-or-later

import { shownList } from './pure/block-lists.js';
import { whoOf } from './pure/excepted.js';
import { shortSubnet } from './pure/subnet.js';
import { endInWords, words } from './words.js';

/** What can be closed to all countries but a few. */
export function serviceName(service) {
    return words.text(service === 'web' ? 'module_geoip_way_web' : 'module_geoip_admin_consoles');
}

/** Who an exception is for, as a person writes it. */
export function whoInWords(exception) {
    return exception.phone === undefined
        ? shortSubnet(whoOf(exception))
        : words.text('module_geoip_affected_phone', { name: exception.phone });
}

/** What a part of a policy is called. */
export function partName(part) {
    const [kind, what] = part.split(' ');
    switch (kind) {
        case 'country':
            return words.country(what);
        case 'exception':
            return words.text('module_geoip_exception_of', { address: shortSubnet(what) });
        case 'list':
            return words.text('module_geoip_list_of', { list: what });
        case 'network':
            return words.text('module_geoip_network_of', { network: `AS${what}` });
        case 'service':
            return ofAdministration(serviceName(what));
        case 'admin':
            return ofAdministration(words.country(what));
        case 'keepPhones':
            return words.text('module_geoip_phones_keep');
        default:
            return words.text(`module_geoip_${kind}`);
    }
}

/** What is chosen for a part; `undefined` is an exception, or a country of administrators, that is not there. */
export function partValue(part, value) {
    const [kind] = part.split(' ');
    switch (kind) {
        case 'country':
            return words.text(value ? 'module_geoip_blocked' : 'module_geoip_allowed');
        case 'exception':
            return value === undefined ? words.text('module_geoip_exception_gone') : exceptionInWords(value);
        case 'list':
            return value === undefined ? words.text('module_geoip_exception_gone') : listInWords(value);
        case 'service':
            return words.text(value ? 'module_geoip_admin_only' : 'module_geoip_admin_anywhere');
        case 'admin':
            return words.text(value ? 'module_geoip_allowed' : 'module_geoip_exception_gone');
        case 'network':
            return words.text(value ? 'module_geoip_blocked' : 'module_geoip_allowed');
        case 'keepPhones':
            return words.text(value ? 'module_geoip_on' : 'module_geoip_off');
        case 'unknown':
            return words.text(value === 'drop' ? 'module_geoip_blocked' : 'module_geoip_allowed');
        default:
            return words.text(`module_geoip_${kind}_${value}`);
    }
}

/** Where a block list comes from. */
export function listInWords({ url, text }) {
    return shownList({ url }).url ?? words.text(text === undefined ? 'module_geoip_on' : 'module_geoip_list_pasted');
}

function ofAdministration(what) {
    return `${words.text('module_geoip_admin')}: ${what}`;
}

function exceptionInWords({ note, expires_at: expiresAt }) {
    return [note, expiresAt === null ? words.text('module_geoip_exception_lasting') : endInWords(expiresAt)]
        .filter((text) => text !== '').join(' · ');
}

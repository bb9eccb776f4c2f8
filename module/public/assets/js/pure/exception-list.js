// SPDX-License-Identifier: GPL-3.0-or-later

import { parseSubnet } from './addresses.js';
import { isOver, parseEnd } from './expiry.js';

const LONGEST_NOTE = 200;

/**
 * Reads a list of exceptions, one a line: `subnet [end] [# note]`.
 *
 * @returns {{exceptions: object[], mistakes: {number: number, line: string, key: string, value: string}[]}} a mistake
 *     is a line that cannot be right, with the key of the sentence that says why
 */
export function readExceptions(text) {
    const exceptions = [];
    const mistakes = [];
    text.split(/\r?\n/).forEach((line, index) => {
        const { exception, ...mistake } = readLine(line);
        if (exception) {
            exceptions.push(exception);
        } else if (mistake.key) {
            mistakes.push({ number: index + 1, line, ...mistake });
        }
    });
    return { exceptions, mistakes };
}

/** An exception, or what is wrong; neither for a line without content. */
function readLine(line) {
    const [, facts, note = ''] = line.match(/^([^#]*)(?:#(.*))?$/s);
    const [address, end, ...rest] = facts.split(/[\s,;]+/).filter((word) => word !== '');
    if (address === undefined) {
        return {};
    }
    const subnet = parseSubnet(address);
    if (subnet === null) {
        return { key: 'module_geoip_exception_invalid', value: address };
    }
    const expiresAt = end === undefined ? null : parseEnd(end);
    if (rest.length > 0 || (end !== undefined && expiresAt === null)) {
        return { key: 'module_geoip_import_end', value: rest[0] ?? end };
    }
    if (isOver(expiresAt)) {
        return { key: 'module_geoip_exception_past', value: end };
    }
    // Characters, not the halves of which JavaScript makes some of them.
    const shortNote = [...note.trim()].slice(0, LONGEST_NOTE).join('');
    return { exception: { subnet, note: shortNote, expires_at: expiresAt } };
}

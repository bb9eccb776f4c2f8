// SPDX-License-Identifier: GPL-3.0-or-later

import { parseEnd } from './expiry.js';

const LONGEST_NOTE = 200;

/**
 * Reads a list of exceptions, one a line: `subnet [end] [# note]`. What a subnet is, and whether the end lies ahead, is
 * the PBX's to say.
 *
 * @returns {{lines: object[], mistakes: {number: number, line: string, key: string, value: string}[]}} `lines` are those
 *     to ask about, as `{number, line, subnet, end, note, expires_at}`; a mistake is a line that cannot be right, with the
 *     key of the sentence that says why
 */
export function readList(text) {
    const lines = [];
    const mistakes = [];
    text.split(/\r?\n/).forEach((line, index) => {
        const { key, value, ...facts } = readLine(line);
        const place = { number: index + 1, line };
        if (key) {
            mistakes.push({ ...place, key, value });
        } else if (facts.subnet) {
            lines.push({ ...place, ...facts });
        }
    });
    return { lines, mistakes };
}

/**
 * Parts what is right from what is not, by what the PBX says of each line.
 *
 * @param {{lines: object[], mistakes: object[]}} list as it was read
 * @param {{exception: ?object, wrong: ?string}[]} answers one for each of the lines
 * @returns {{exceptions: object[], mistakes: object[]}} the exceptions as they are written, each subnet once; the mistakes
 *     in the order of the list
 */
export function partList({ lines, mistakes }, answers) {
    const exceptions = [];
    const found = [...mistakes];
    lines.forEach(({ number, line, subnet, end, note }, index) => {
        const { exception, wrong } = answers[index];
        if (wrong !== null) {
            const isSubnet = wrong === 'subnet';
            found.push({
                number,
                line,
                key: isSubnet ? 'module_geoip_exception_invalid' : 'module_geoip_import_end',
                value: isSubnet ? subnet : end,
            });
        } else if (exception.is_over) {
            found.push({ number, line, key: 'module_geoip_exception_past', value: end });
        } else if (!exception.is_replaced) {
            exceptions.push({ subnet: exception.subnet, note, expires_at: exception.expires_at });
        }
    });
    return { exceptions, mistakes: found.sort((one, other) => one.number - other.number) };
}

/** What a line says, or what is wrong; neither for one without content. */
function readLine(line) {
    const [, facts, note = ''] = line.match(/^([^#]*)(?:#(.*))?$/s);
    const [subnet, end, ...rest] = facts.split(/[\s,;]+/).filter((word) => word !== '');
    if (subnet === undefined) {
        return {};
    }
    const expiresAt = end === undefined ? null : parseEnd(end);
    if (rest.length > 0 || (end !== undefined && expiresAt === null)) {
        return { key: 'module_geoip_import_end', value: rest[0] ?? end };
    }
    // Characters, not the halves of which JavaScript makes some of them.
    const shortNote = [...note.trim()].slice(0, LONGEST_NOTE).join('');
    return { subnet, end, note: shortNote, expires_at: expiresAt };
}

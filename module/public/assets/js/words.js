// SPDX-License-Identifier: GPL-3.0-or-later

import { language, sentences } from './core.js';
import { Language } from './pure/language.js';

/** Texts, names, numbers and dates in the page's language. */
export const words = new Language(language, sentences);

/** When an exception ends, for people. */
export function endInWords(expiresAt) {
    const end = new Date(expiresAt);
    return words.text('module_geoip_exception_ends', { when: end > Date.now() ? words.until(end) : words.date(end) });
}

/** What becomes of connections from a country by the draft. */
export function statusWord(draft, code) {
    if (!draft.isBlocked(code)) {
        return words.text('module_geoip_allowed');
    }
    return words.text(draft.action === 'count' ? 'module_geoip_would_be_blocked' : 'module_geoip_blocked');
}

/** One of yours, as in "Phone 202". */
export function personOf({ kind, name }) {
    return words.text(`module_geoip_affected_${kind}`, { name });
}

/** The same to be shown, not kept: a name in letters that run the other way stays in one piece. */
export function shownPersonOf({ kind, name }) {
    return personOf({ kind, name: isolated(name) });
}

/** A network as it is told, by its number and its name. */
export function networkName({ number, name }) {
    return `AS${number} ${name}`.trim();
}

/** Which networks are not blocked because somebody of yours is there; empty if none is. */
export function sparedInWords(networks) {
    const names = networks.map((network) => isolated(networkName(network)));
    return names.length === 0 ? '' : words.text('module_geoip_networks_spared', { networks: words.list(names) });
}

/** A name or an address that stays in one piece within a sentence that runs the other way. */
export function isolated(text) {
    return words.direction === 'rtl' ? `\u2068${text}\u2069` : text;
}

/** An exception that lets one of yours in for good. */
export function exceptionFor(person) {
    return { subnet: person.address, note: noteFor(person), expires_at: null };
}

/** The note of an exception made for one of yours: whose it is; an administrator's also says since when. */
function noteFor(person) {
    return person.kind === 'own' ? words.text('module_geoip_note_own', { date: words.day(new Date()) }) : personOf(person);
}

// SPDX-License-Identifier: GPL-3.0-or-later

// When an exception ends: as the PBX writes it (RFC 3339 in UTC, null for never), and as people do.

const MILLISECONDS = { m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 };

/**
 * The end that a text names: so many minutes, hours, days or weeks from now (`12h`), the end of a day
 * (`2026-12-31`) or a moment (`2026-12-31T18:00`), both in the browser's time.
 *
 * @returns {?string} null if the text names none
 */
export function parseEnd(text) {
    const [, count, unit] = text.match(/^(\d{1,5})([mhdw])$/i) ?? [];
    if (unit !== undefined) {
        return written(new Date(Date.now() + count * MILLISECONDS[unit.toLowerCase()]));
    }
    if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/i.test(text)) {
        return null;
    }
    const end = new Date(text.includes('T') || text.includes('t') ? text : `${text}T23:59:59`);
    const isOnCalendar = !Number.isNaN(end.getTime()) && hasDay(text);
    return isOnCalendar ? written(end) : null;
}

/** A browser takes the 31st of February for the 3rd of March. */
function hasDay(text) {
    const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
    return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}

function written(date) {
    return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

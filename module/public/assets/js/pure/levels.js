// SPDX-License-Identifier: GPL-3.0-or-later

/** The colours of the map, from few packets to many. */
export const LEVELS = [1, 2, 3, 4, 5];

/** The level of so many packets beside the most that any country has; null for none: packets differ by powers of ten. */
export function levelOf(packets, most) {
    const share = Math.log1p(packets) / Math.log1p(most);
    return packets === 0 ? null : 1 + Math.round((LEVELS.length - 1) * share);
}

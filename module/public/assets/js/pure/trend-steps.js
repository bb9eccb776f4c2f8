// SPDX-License-Identifier: GPL-3.0-or-later

const HOUR = 3600e3;

/**
 * Packets by equal steps of time: hours, or days in the browser's time.
 *
 * @param {object} activity as `GET activity` answers it
 * @returns {{begin: Date, dropped: number, counted: number}[]} also those without packets, oldest first
 */
export function trendSteps({ since, until, hours }, byDay) {
    const steps = emptySteps(new Date(since), new Date(until), byDay);
    hours.forEach(({ from, packets }) => {
        const step = steps.findLast(({ begin }) => begin <= new Date(from)) ?? steps[0];
        step.dropped += packets.dropped;
        step.counted += packets.counted;
    });
    return steps;
}

function emptySteps(since, until, byDay) {
    const steps = [];
    const next = new Date(since);
    if (byDay) {
        next.setHours(0, 0, 0, 0);
    }
    while (next <= until) {
        steps.push({ begin: new Date(next), dropped: 0, counted: 0 });
        if (byDay) {
            next.setDate(next.getDate() + 1);
        } else {
            next.setTime(next.getTime() + HOUR);
        }
    }
    return steps;
}

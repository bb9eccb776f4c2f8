// SPDX-License-Identifier: GPL-3.0-or-later

// A policy as parts that can be changed one by one, and the changes of two administrators put together.

import { whoOf } from './excepted.js';

/** By which the PBX is administered: SSH, AMI and AJAM, and the web interface. */
export const SERVICES = ['consoles', 'web'];

/** What can be changed of an exception or a block list while it stays the same one. */
const FIELDS = ['note', 'expires_at', 'url', 'text', 'key'];

/**
 * @param {object} policy as the PBX writes it
 * @param {string[]} codes of all countries
 * @returns {Map<string, *>} by `source`, `mode`, `unknown`, `action`, `keepPhones`, `country CN` (whether it is blocked),
 *     `exception 198.51.100.0/24`, also of a host or a phone (the exception), `list spamhaus-drop` (the block list),
 *     `network 16276` (true where it is blocked), `service web` (whether it is restricted), and `admin DE` (true where one may administer)
 */
export function partsOf(policy, codes) {
    const {
        source, mode, unknown, action, countries, exceptions, lists, networks, admin, keepPhones,
    } = policy;
    const listed = new Set(countries);
    return new Map([
        ...Object.entries({ source, mode, unknown, action, keepPhones }),
        ...codes.map((code) => [`country ${code}`, listed.has(code) === (mode === 'block')]),
        ...exceptions.map((exception) => [`exception ${whoOf(exception)}`, exception]),
        ...lists.map((list) => [`list ${list.id}`, list]),
        ...networks.map((number) => [`network ${number}`, true]),
        ...SERVICES.map((service) => [`service ${service}`, admin?.services.includes(service) ?? false]),
        ...(admin?.countries ?? []).map((code) => [`admin ${code}`, true]),
    ]);
}

/** The parts whose values differ. */
export function changedParts(before, after) {
    return [...new Set([...before.keys(), ...after.keys()])].filter((part) => !isSame(before.get(part), after.get(part)));
}

/**
 * What two administrators made of the same policy.
 *
 * @returns {{merged: Map, collisions: string[]}} the changes of both; where they collide, theirs, and those parts
 */
export function mergeParts(before, mine, theirs) {
    const merged = new Map(theirs);
    const collisions = [];
    for (const part of changedParts(before, mine)) {
        if (isSame(before.get(part), theirs.get(part))) {
            setPart(merged, part, mine.get(part));
        } else if (!isSame(mine.get(part), theirs.get(part))) {
            collisions.push(part);
        }
    }
    return { merged, collisions };
}

/** Sets a part, or removes it if there is no value. */
export function setPart(parts, part, value) {
    if (value === undefined) {
        parts.delete(part);
    } else {
        parts.set(part, value);
    }
}

function isSame(one, other) {
    return one === other || (isCompound(one) && isCompound(other) && FIELDS.every((field) => one[field] === other[field]));
}

/** An exception or a block list. */
function isCompound(value) {
    return typeof value === 'object' && value !== null;
}

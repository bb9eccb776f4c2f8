// SPDX-License-Identifier: GPL-3.0-or-later

// The module's REST resources.

import { ajax } from './core.js';
import { ApiError } from './pure/api-error.js';
import { retry } from './pure/retry.js';
import { toWire, withSafeTexts } from './pure/wire.js';
import { words } from './words.js';

const ROOT = '/pbxcore/api/v3/module-geo-i-p/';

const ATTEMPTS = 10;

/** Of what somebody waits for who pressed a button. */
const FEW_ATTEMPTS = 3;

/** A question that takes longer has got lost, as all do while somebody is locked out. */
const TIMEOUT_MILLISECONDS = 15000;

/** What a refusal without a word means: it comes from Core's web server, not from the module. */
const SILENT = { 403: 'module_geoip_refused', 429: 'module_geoip_refused_often' };

/** How this page was come to, for the PBX to know which of its ports that needs. */
export const scheme = window.location.protocol === 'http:' ? 'http' : 'https';

export function get(resource, query = {}) {
    return request({ url: ROOT + resource, data: query, timeout: TIMEOUT_MILLISECONDS });
}

/** Asks again as long as the module's resources may be about to appear; `onWait` hears of each attempt. */
export function getPatiently(resource, query = {}, onWait = () => {}) {
    return retry(() => get(resource, query), {
        attempts: ATTEMPTS,
        isWorthwhile: (error) => error.isNotReady,
        onWait,
    });
}

/** Has something done that may be done twice: what got lost is sent again. */
export function send(method, resource, body = {}) {
    return sendAgain(method, resource, body, (error) => error.isNotBegun || error.isLost);
}

/** Has something done that must not be done twice: the caller decides what to make of a request that got lost. */
export function sendOnce(method, resource, body = {}) {
    return sendAgain(method, resource, body, (error) => error.isNotBegun);
}

/** A file as the browser would save it: `{name, text}`. */
export function download(resource, query) {
    return new Promise((resolve, reject) => {
        ajax({ url: ROOT + resource, data: query, dataType: 'text' }).then(
            (text, outcome, { status, getResponseHeader }) => {
                const name = /filename="([^"]+)"/.exec(getResponseHeader('Content-Disposition') ?? '')?.[1];
                return name === undefined ? reject(errorOf(status, parsed(text))) : resolve({ name, text });
            },
            ({ status, responseText }) => reject(errorOf(status, parsed(responseText))),
        );
    });
}

/** What a policy would put into the kernel. */
export function preview(policy) {
    return send('POST', 'policy:preview', policy);
}

/**
 * Whom a policy would cut off.
 *
 * @returns {Promise<{affected: ?object[], warnings: {text: string}[]}>} null where that is not known
 */
export function affectedBy(policy) {
    return send('POST', 'policy:affected', { ...policy, scheme });
}

/**
 * How exceptions are written that somebody typed, or what is wrong with each.
 *
 * @param {{text: string, expires_at: ?string}[]} typed subnets and hosts
 * @returns {Promise<{exception: ?object, wrong: ?string}[]>} one for each
 */
export async function checkExceptions(typed) {
    const exceptions = typed.map(({ text, expires_at: end }) => ({ text, expires_at: end }));
    return (await send('POST', 'policy:check', { exceptions })).exceptions;
}

function sendAgain(method, resource, body, isWorthwhile) {
    const settings = { url: ROOT + resource, method, contentType: 'application/json', data: toWire(withSafeTexts(body)) };
    return retry(() => request(settings), { attempts: FEW_ATTEMPTS, isWorthwhile });
}

function request(settings) {
    return new Promise((resolve, reject) => {
        ajax({ dataType: 'json', ...settings }).then(
            (body) => (body.result === true ? resolve(body.data) : reject(errorOf(200, body))),
            ({ status, responseJSON }) => reject(errorOf(status, responseJSON)),
        );
    });
}

/** The answer that came where a file was asked for; undefined if it is none. */
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function errorOf(status, body) {
    const message = [body?.messages?.error ?? []].flat().join(' ')
        || words.text(SILENT[status] ?? 'module_geoip_failed');
    return new ApiError(message, status, body?.data?.error?.code, body?.data?.error?.message);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* global $ */

/** What the PBX answered instead of what was asked for. */
class GeoIpApiError extends Error {
    /** What a refusal without a word means: it comes from Core's web server, not from the module. */
    static #SILENT = { 403: 'module_geoip_refused', 429: 'module_geoip_refused_often' };

    /** @param {XMLHttpRequest} answer */
    constructor({ status, responseJSON: body }) {
        super([body?.messages?.error ?? []].flat().join(' ')
            || GeoIpWords.text(GeoIpApiError.#SILENT[status] ?? 'module_geoip_failed'));
        this.status = status;
        /** The stable code of an error of the filter itself. */
        this.code = body?.data?.error?.code ?? null;
    }

    /** Somebody else saved meanwhile. */
    get isConflict() {
        return this.status === 409 && this.code === null;
    }

    get isDataMissing() {
        return this.status === 409 && this.code !== null;
    }

    /** The PBX does not know the module's resources: it was enabled seconds ago, or Core is restarting its workers. */
    get isNotReady() {
        return this.isLost || (this.code === null && [0, 404, 500, 502, 503, 504].includes(this.status));
    }

    /** Core handed it to a worker and waited in vain: whether it was done, is being done or never will be is open. */
    get isLost() {
        return this.code === null && this.status === 400;
    }

    /** The PBX knows no such resource yet, or takes no request at the moment: nothing was done. */
    get isNotBegun() {
        return this.code === null && [404, 503].includes(this.status);
    }
}

/** The module's REST resources. */
class GeoIpApi {
    static #ROOT = '/pbxcore/api/v3/module-geo-i-p/';

    static #ATTEMPTS = 10;

    /** Of what somebody waits for who pressed a button. */
    static #FEW_ATTEMPTS = 3;

    static #PAUSE_MILLISECONDS = 3000;

    /** A question that takes longer has got lost, as all do while somebody is locked out. */
    static #TIMEOUT_MILLISECONDS = 15000;

    static get(resource, query = {}) {
        return this.#request({
            url: this.#ROOT + resource,
            data: query,
            timeout: this.#TIMEOUT_MILLISECONDS,
        });
    }

    /** Has something done that may be done twice: what got lost is sent again. */
    static send(method, resource, body = {}) {
        return this.#send(method, resource, body, (error) => error.isNotBegun || error.isLost);
    }

    /** Has something done that must not be done twice: the caller decides what to make of a request that got lost. */
    static sendOnce(method, resource, body = {}) {
        return this.#send(method, resource, body, (error) => error.isNotBegun);
    }

    /** Asks again as long as the module's resources may be about to appear; `onWait` hears of each attempt. */
    static getPatiently(resource, query = {}, onWait = () => {}) {
        return this.#again(() => this.get(resource, query), (error) => error.isNotReady, this.#ATTEMPTS, onWait);
    }

    static #send(method, resource, body, isWorthwhile) {
        const request = {
            url: this.#ROOT + resource,
            method,
            contentType: 'application/json',
            data: GeoIpWire.write(body),
        };
        return this.#again(() => this.#request(request), isWorthwhile, this.#FEW_ATTEMPTS);
    }

    static async #again(request, isWorthwhile, attempts, onWait = () => {}) {
        for (let attempt = 1; ; attempt += 1) {
            try {
                return await request();
            } catch (error) {
                if (!isWorthwhile(error) || attempt === attempts) {
                    throw error;
                }
                onWait();
                await new Promise((resolve) => {
                    setTimeout(resolve, this.#PAUSE_MILLISECONDS);
                });
            }
        }
    }

    static #request(options) {
        return new Promise((resolve, reject) => {
            // Core wraps this very function to add its bearer token.
            $.ajax({ dataType: 'json', ...options }).then(
                (body) => (body.result === true
                    ? resolve(body.data)
                    : reject(new GeoIpApiError({ status: 200, responseJSON: body }))),
                (answer) => reject(new GeoIpApiError(answer)),
            );
        });
    }
}

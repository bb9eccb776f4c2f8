// SPDX-License-Identifier: GPL-3.0-or-later
/* global $ */

/** What the PBX answered instead of what was asked for. */
class GeoIpApiError extends Error {
    /** @param {XMLHttpRequest} answer */
    constructor({ status, responseJSON: body }) {
        super([body?.messages?.error ?? []].flat().join(' ') || GeoIpWords.text('module_geoip_failed'));
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
        return this.code === null && [0, 404, 500, 502, 503, 504].includes(this.status);
    }
}

/** The module's REST resources. */
class GeoIpApi {
    static #ROOT = '/pbxcore/api/v3/module-geo-i-p/';

    static #ATTEMPTS = 10;

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

    static send(method, resource, body = {}) {
        return this.#request({
            url: this.#ROOT + resource,
            method,
            contentType: 'application/json',
            data: JSON.stringify(body),
        });
    }

    /** Asks again as long as the module's resources may be about to appear; `onWait` hears of each attempt. */
    static async getPatiently(resource, onWait) {
        for (let attempt = 1; ; attempt += 1) {
            try {
                return await this.get(resource);
            } catch (error) {
                if (!error.isNotReady || attempt === this.#ATTEMPTS) {
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

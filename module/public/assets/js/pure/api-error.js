// SPDX-License-Identifier: GPL-3.0-or-later

/** What the PBX answered instead of what was asked for. */
export class ApiError extends Error {
    /**
     * @param {number} status of HTTP; 0 if there was no answer
     * @param {?string} code the stable code of an error of the filter itself
     * @param {string} detail the filter's own words for it
     */
    constructor(message, status, code = null, detail = '') {
        super(message);
        this.status = status;
        this.code = code;
        this.detail = detail;
    }

    /** Somebody else saved meanwhile. */
    get isConflict() {
        return this.status === 409 && this.code === null;
    }

    /** What was sent cannot be right. */
    get isRefusal() {
        return this.status === 422;
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

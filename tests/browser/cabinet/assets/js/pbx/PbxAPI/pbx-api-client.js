// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, Config */

/** A resource of the REST API. */
class PbxApiClient {
    constructor({ endpoint, customMethods = {} }) {
        this.apiUrl = `${Config.pbxUrl}${endpoint}`;
        this.customMethods = customMethods;
    }

    call(url, method, data, callback) {
        $.ajax({ url, method, data, dataType: 'json' }).then(
            (response) => callback(response, true),
            (xhr) => callback(xhr.responseJSON || { result: false }, false),
        );
    }

    getList(callback) {
        this.call(this.apiUrl, 'GET', {}, callback);
    }

    callCustomMethod(name, data, callback = () => {}, method = 'GET', id = null) {
        const resource = id === null ? this.apiUrl : `${this.apiUrl}/${id}`;
        this.call(resource + this.customMethods[name], method, data, callback);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, globalRootUrl */

/** Gets an access token once, and puts it into every request; requests wait for it. */
const TokenManager = {
    accessToken: null,

    initialize() {
        const asked = $.ajax({ url: '/pbxcore/api/v3/auth:refresh', method: 'POST', dataType: 'json' });
        return Promise.resolve(asked).then((response) => {
            TokenManager.accessToken = response.data.accessToken;
            return true;
        });
    },

    /** Callers of $.ajax get a promise without the request's own properties, as in Core. */
    wrapAjax() {
        const original = $.ajax;
        $.ajax = function ajax(url, options = {}) {
            const settings = typeof url === 'object' ? url : { ...options, url };
            if (settings.url.includes('/auth:')) {
                return original.call(this, settings);
            }
            const answered = $.Deferred();
            window.tokenManagerReady.then(() => {
                settings.headers = { Authorization: `Bearer ${TokenManager.accessToken}`, ...settings.headers };
                original.call(this, settings).then(answered.resolve, answered.reject);
            });
            return answered.promise();
        };
        $(document).ajaxError((event, xhr) => {
            if (xhr.status === 401) {
                window.location = `${globalRootUrl}session/index`;
            }
        });
    },
};

window.TokenManager = TokenManager;
TokenManager.wrapAjax();
window.tokenManagerReady = TokenManager.initialize();

// SPDX-License-Identifier: GPL-3.0-or-later
/* global $, globalTranslate, globalWebAdminLanguage, PbxApi, EventBus */

/** The module's page: shows policy and status, saves the policy, starts updates. All through the REST resources. */
const moduleGeoIp = {
    api: '/pbxcore/api/v3/module-geo-i-p/',
    retryMilliseconds: 3000,
    revision: null,
    names: new Intl.DisplayNames([globalWebAdminLanguage.replace('_', '-'), 'en'], { type: 'region' }),

    initialize() {
        $('#module-geoip-form').on('submit', (event) => {
            event.preventDefault();
            moduleGeoIp.save();
        });
        $('#module-geoip-update').on('click', () => {
            moduleGeoIp.call('update:start', 'POST', {}, moduleGeoIp.showUpdate);
        });
        EventBus.subscribe('module-geoip-update', moduleGeoIp.showUpdate);
        moduleGeoIp.load();
    },

    /** Calls a resource; right after the module was enabled Core does not know it yet, so reading is tried again. */
    call(resource, method, data, onData, onError = moduleGeoIp.showError) {
        const request = { url: moduleGeoIp.api + resource, on: 'now', method };
        if (method !== 'GET') {
            request.contentType = 'application/json';
            request.data = JSON.stringify(data);
        }
        request.successTest = (response) => response && response.result === true;
        request.onSuccess = (response) => onData(response.data);
        request.onFailure = (response) => onError((((response || {}).messages || {}).error || []).join(' '));
        request.onError = (message, element, xhr) => {
            if (method === 'GET' && (!xhr || xhr.status === 404)) {
                setTimeout(() => moduleGeoIp.call(resource, method, data, onData, onError), moduleGeoIp.retryMilliseconds);
            } else {
                const answer = (xhr && xhr.responseJSON) || {};
                onError(((answer.messages || {}).error || [globalTranslate.module_geoip_failed]).join(' '));
            }
        };
        $.api(request);
    },

    load() {
        moduleGeoIp.call('policy', 'GET', null, (policy) => {
            moduleGeoIp.showPolicy(policy);
            moduleGeoIp.call('countries', 'GET', null, (data) => moduleGeoIp.showCountries(data, policy));
        });
        moduleGeoIp.loadStatus();
    },

    loadStatus() {
        moduleGeoIp.call('status', 'GET', null, (status) => {
            const words = status.inForce
                ? [globalTranslate.module_geoip_in_force]
                : status.problems.map((problem) => problem.text);
            moduleGeoIp.showMessage(words.join(' '), status.inForce);
            moduleGeoIp.showUpdate(status.update);
        });
    },

    showPolicy(policy) {
        moduleGeoIp.revision = policy.revision;
        $('#module-geoip-source').val(policy.source);
        $('#module-geoip-mode').val(policy.mode);
        $('#module-geoip-allow').val(policy.allow.join('\n'));
    },

    showCountries(data, policy) {
        const rows = data.countries.map((country) => {
            const box = $('<input type="checkbox">').val(country.code)
                .prop('checked', policy.countries.includes(country.code))
                .attr('aria-label', moduleGeoIp.names.of(country.code));
            return $('<tr>').append(
                $('<td>').append(box),
                $('<td>').append($('<i>').addClass(`${country.code.toLowerCase()} flag`))
                    .append(document.createTextNode(moduleGeoIp.names.of(country.code))),
                $('<td>').text(country.code),
                $('<td class="right aligned">').text((country.subnets.v4 + country.subnets.v6).toLocaleString()),
            );
        });
        $('#module-geoip-countries tbody').empty().append(rows);
    },

    showUpdate(update) {
        const text = {
            running: `${update.stage} ${update.percent} %`,
            failed: update.errorText || (update.error || {}).message,
        }[update.state] || '';
        $('#module-geoip-progress').text(text);
    },

    showMessage(text, good) {
        $('#module-geoip-status').toggleClass('positive', good).toggleClass('negative', !good).text(text);
    },

    showError(text) {
        moduleGeoIp.showMessage(text || globalTranslate.module_geoip_failed, false);
    },

    save() {
        const checked = $('#module-geoip-countries input:checked').map((index, box) => box.value).get();
        const policy = {
            source: $('#module-geoip-source').val(),
            mode: $('#module-geoip-mode').val(),
            countries: checked,
            allow: $('#module-geoip-allow').val().split(/\s+/).filter((word) => word !== ''),
            revision: moduleGeoIp.revision,
        };
        moduleGeoIp.call('policy', 'PUT', policy, (saved) => {
            moduleGeoIp.showPolicy(saved);
            moduleGeoIp.loadStatus();
        });
    },
};

$(document).ready(moduleGeoIp.initialize);

// SPDX-License-Identifier: GPL-3.0-or-later

import {
    icon, make, makeButton, namedFlag,
} from '../elements.js';
import { findByNames, searchCountries } from '../pure/country-search.js';
import { SERVICES } from '../pure/policy-parts.js';
import { words } from '../words.js';

/** So many countries are offered for what somebody types. */
const OFFERED = 5;

/** From which countries the PBX may be administered, and by which services. */
export class Admin {
    #draft;

    #choice = document.getElementById('geoip-admin-choice');

    #input = document.getElementById('geoip-admin-search');

    #found = document.getElementById('geoip-admin-found');

    #error = document.getElementById('geoip-admin-error');

    #countries = document.getElementById('geoip-admin-countries');

    #none = document.getElementById('geoip-admin-none');

    #modules = [];

    #openPorts = {};

    constructor(draft) {
        this.#draft = draft;
        SERVICES.forEach((service) => {
            const select = this.#select(service);
            select.addEventListener('change', () => draft.setRestricted(service, select.value !== ''));
        });
        this.#input.addEventListener('input', () => this.#offer());
        document.getElementById('geoip-admin-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#addTyped();
        });
        draft.addEventListener('change', () => this.#show());
    }

    /**
     * @param {object} policy as the PBX gives it
     * @param {string[]} policy.webModules the names of those that are reached through the web interface
     * @param {Object<string, number[]>} policy.openPorts by service, the ports that a restriction leaves open
     */
    load({ webModules, openPorts }) {
        this.#modules = webModules;
        this.#openPorts = openPorts;
        this.#show();
    }

    #select(service) {
        return document.getElementById(`geoip-admin-${service}`);
    }

    #show() {
        const { restrictedServices, adminCountries } = this.#draft;
        SERVICES.forEach((service) => {
            this.#select(service).value = restrictedServices.includes(service) ? 'only' : '';
        });
        this.#choice.hidden = restrictedServices.length === 0;
        const names = this.#namesOf(adminCountries);
        this.#countries.replaceChildren(...names.map((country) => this.#chip(country)));
        this.#none.hidden = adminCountries.length > 0;
        const cutsModules = restrictedServices.includes('web') && this.#modules.length > 0;
        document.getElementById('geoip-admin-modules').textContent = cutsModules
            ? words.text('module_geoip_admin_modules', { modules: words.list(this.#modules) })
            : '';
        const open = restrictedServices.flatMap((service) => this.#openPorts[service]).map(String);
        document.getElementById('geoip-admin-open').textContent = open.length > 0
            ? words.text('module_geoip_admin_open', { ports: words.list(open) })
            : '';
    }

    #namesOf(codes) {
        return codes.map((code) => ({ code, name: words.country(code) }))
            .sort((one, other) => words.compare(one.name, other.name));
    }

    #chip({ code, name }) {
        const remove = makeButton('mini basic icon', icon('close'), () => {
            this.#draft.setMayAdminister([code], false);
            this.#input.focus();
        });
        remove.setAttribute('aria-label', words.text('module_geoip_exception_remove', { address: name }));
        remove.dataset.changes = '';
        return make('li', {}, make('span', {}, ...namedFlag(code)), remove);
    }

    /** Countries that fit what is typed so far, each to be added by a click. */
    #offer() {
        const typed = this.#input.value.trim();
        this.#found.replaceChildren(...(typed === '' ? [] : this.#fitting(typed).slice(0, OFFERED)).map((code) => {
            const add = makeButton('small basic', '', () => this.#add([code], ''));
            add.append(...namedFlag(code));
            add.dataset.changes = '';
            return add;
        }));
    }

    #fitting(typed) {
        const { adminCountries, countries } = this.#draft;
        return searchCountries(typed, countries.values()).filter((code) => !adminCountries.includes(code));
    }

    /** Takes one name or several; a beginning will do where only one country is meant. */
    #addTyped() {
        const typed = this.#input.value.trim();
        if (typed === '') {
            return;
        }
        const { codes, unknown } = findByNames(typed, this.#draft.countries.values());
        const fitting = this.#fitting(typed);
        if (codes.length === 0 && fitting.length === 1) {
            this.#add(fitting, '');
        } else {
            this.#add(codes, unknown.join(', '));
        }
    }

    /** @param {string} left what was not understood, which stays to be corrected */
    #add(codes, left) {
        this.#draft.setMayAdminister(codes, true);
        this.#input.value = left;
        this.#input.setAttribute('aria-invalid', left !== '');
        this.#error.textContent = left === '' ? '' : words.text('module_geoip_several_unknown', { names: left });
        this.#offer();
        this.#input.focus();
    }
}

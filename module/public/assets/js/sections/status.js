// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { rootUrl } from '../core.js';
import { make, makeButton } from '../elements.js';
import { words } from '../words.js';

const LOOKS = {
    active: ['positive', 'shield alternate'],
    attention: ['warning', 'exclamation triangle'],
    inactive: ['negative', 'exclamation circle'],
    nobody: ['warning', 'exclamation triangle'],
    learning: ['violet', 'eye'],
    off: ['', 'power off'],
    busy: ['', 'notched circle loading'],
};

/** The one message that tells what is really in force, read from the kernel, and what helps if it is not. */
export class Status {
    #message = document.getElementById('geoip-status');

    #lines = document.getElementById('geoip-status-lines');

    #actions = document.getElementById('geoip-status-actions');

    #does;

    #shown = '';

    /**
     * @param {{update: function, repaired: function, retry: function, enforce: function, addOwn: function}} does what
     *     an action of the message sets off
     */
    constructor(does) {
        this.#does = does;
    }

    /** @param {object} status as `GET status` answers it */
    show(status) {
        const { state, problems, warnings } = status;
        if (state === 'off') {
            this.showOff();
            return;
        }
        const notes = [...this.#ownCut(status), ...this.#standIn(status), ...warnings.map(({ text }) => text)];
        const learning = status.learning ? [words.text('module_geoip_state_learning_text')] : [];
        const counts = state === 'active' ? [this.#counts(status.counts)] : [];
        const lines = [...problems.map(({ text }) => text), ...learning, ...counts, ...notes, ...this.#lastRepair(status)];
        const actions = [...this.#ownAction(status), ...[...problems, ...warnings].map(({ remedy }) => remedy)];
        // The colour of a filter that protects is for one of which there is nothing else to tell.
        const look = state === 'active' && notes.length > 0 ? 'attention' : state;
        this.#show(look, `module_geoip_state_${state}`, lines, actions);
    }

    showStarting() {
        this.#show('busy', 'module_geoip_starting', []);
    }

    showOff() {
        this.#show('off', 'module_geoip_state_off', [words.text('module_geoip_state_off_hint')]);
    }

    showUnreachable(error) {
        this.#show('inactive', 'module_geoip_unreachable', [error.message], ['retry']);
    }

    #counts({ blocked, countries }) {
        return blocked === 0
            ? words.text('module_geoip_state_nothing_blocked')
            : words.text('module_geoip_count_blocked', {
                blocked: words.number(blocked),
                countries: words.number(countries),
            });
    }

    #lastRepair({ lastRepair }) {
        return lastRepair === null ? [] : [words.text('module_geoip_last_repair', {
            date: words.moment(new Date(lastRepair.at)),
            what: words.list(lastRepair.what),
        })];
    }

    #ownCut({ own }) {
        return own?.isCut ? [words.text('module_geoip_own_cut', { address: own.address })] : [];
    }

    #ownAction({ own, trial }) {
        // While a change waits its own message offers the same.
        return own?.isCut && trial === null ? ['own'] : [];
    }

    #standIn({ standIn, wanted }) {
        return standIn === null ? [] : [words.text('module_geoip_state_stand_in', {
            source: words.text(`module_geoip_source_${wanted.source}`),
            other: words.text(`module_geoip_source_${standIn}`),
        })];
    }

    #show(look, title, lines, actions = []) {
        // Nothing is said again to a screen reader, and no button vanishes under the pointer, while nothing changes.
        const shown = JSON.stringify([look, title, lines, actions]);
        if (shown === this.#shown) {
            return;
        }
        this.#shown = shown;
        const [colour, icon] = LOOKS[look];
        this.#message.className = `ui icon ${colour} message`;
        this.#message.querySelector('i').className = `${icon} icon`;
        this.#message.querySelector('.header').textContent = words.text(title);
        this.#lines.replaceChildren(...lines.map((line) => make('p', {}, line)));
        this.#actions.replaceChildren(...[...new Set(actions)].map((action) => this.#action(action)).filter(Boolean));
    }

    #action(action) {
        switch (action) {
            case 'repair':
                return makeButton('small', words.text('module_geoip_repair'), (event) => {
                    this.#repair(event.currentTarget);
                });
            case 'enforce':
                return makeButton('small', words.text('module_geoip_enforce'), this.#does.enforce);
            case 'own':
                return makeButton('small', words.text('module_geoip_own_add'), this.#does.addOwn);
            case 'update':
                return makeButton('small', words.text('module_geoip_update_now'), this.#does.update);
            case 'firewall':
                return make(
                    'a',
                    { class: 'ui small button', href: `${rootUrl}firewall/index/` },
                    words.text('module_geoip_open_firewall'),
                );
            case 'retry':
                return makeButton('small', words.text('module_geoip_try_again'), this.#does.retry);
            default:
                return null;
        }
    }

    async #repair(button) {
        button.classList.add('loading', 'disabled');
        try {
            this.show(await api.send('POST', 'status:repair', { scheme: api.scheme }));
            this.#does.repaired();
        } catch (error) {
            button.classList.remove('loading', 'disabled');
            this.#lines.append(make('p', {}, error.message));
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { rootUrl } from '../core.js';
import { icon, make, makeButton, namedFlag } from '../elements.js';
import {
    headlineOf, isProtecting, lookOf, nameOfError,
} from '../pure/headline.js';
import { serviceName } from '../policy-words.js';
import { SERVICES } from '../pure/policy-parts.js';
import { shownPersonOf, words } from '../words.js';

/** So many countries are named; the rest is counted. */
const NAMED = 6;

/** Answers three questions: am I protected, what is blocked, is anybody of mine cut off? As the kernel says, and what helps. */
export class Status {
    #message = document.getElementById('geoip-status');

    #headline = this.#message.querySelector('.header');

    #facts = document.getElementById('geoip-status-facts');

    #lines = document.getElementById('geoip-status-lines');

    #actions = document.getElementById('geoip-status-actions');

    #details = document.getElementById('geoip-status-details');

    #does;

    #shown = '';

    #status = null;

    /** Attempts of the last day, by what became of them; null before they are known. */
    #attempts = null;

    /** Those of yours whom the policy in force cuts off; null while that is not known. */
    #affected = null;

    /**
     * @param {{update: function, repaired: function, retry: function, enforce: function, allow: function(object[]),
     *     allowOwn: function, export: function, letIn: function(object)}} does what an action of the message sets off
     */
    constructor(does) {
        this.#does = does;
    }

    /** @param {object} status as `GET status` answers it */
    show(status) {
        this.#status = status;
        this.#update();
    }

    /** @param {?{dropped: number, counted: number}} attempts of the last 24 hours; null if not known now */
    showAttempts(attempts) {
        this.#attempts = attempts;
        this.#update();
    }

    /** @param {?object[]} affected whom of yours the saved policy cuts off; null if it cannot be told */
    showAffected(affected) {
        // Whoever is here has a line of his own.
        this.#affected = affected?.filter(({ kind }) => kind !== 'own') ?? null;
        this.#update();
    }

    showStarting() {
        this.#showPlain('busy', 'module_geoip_starting', []);
    }

    showOff() {
        this.#showPlain('off', 'module_geoip_headline_off', [words.text('module_geoip_state_off_hint')]);
    }

    /** @param {ApiError} error why nothing is known */
    showUnreachable(error) {
        const name = nameOfError(error);
        this.#showPlain(name, `module_geoip_headline_${name}`, [error.message], ['retry'], error.code ? [technical(error)] : []);
    }

    /** Says why something that was pressed was not done; what is known of the filter stays. */
    complain(error) {
        this.#lines.append(make('p', { class: 'geoip-error' }, error.message));
    }

    #showPlain(look, title, lines, actions = [], details = []) {
        this.#status = null;
        this.#draw({ ...lookOf(look), title: words.text(title), facts: [], lines, actions, details });
    }

    #update() {
        const status = this.#status;
        if (status === null) {
            return;
        }
        if (status.state === 'off') {
            this.showOff();
            return;
        }
        const headline = headlineOf(status);
        const remarks = [...status.problems, ...status.warnings];
        const lines = [
            ...this.#ownCut(status),
            ...status.problems.map(({ text }) => text),
            ...(headline.name === 'learning' ? [words.text('module_geoip_state_learning_text')] : []),
            ...(headline.name === 'nobody' && status.problems.length === 0 ? [words.text('module_geoip_state_nothing_blocked')] : []),
            ...this.#standIn(status),
            ...status.warnings.map(({ text }) => text),
            ...this.#lastRepair(status),
        ];
        const key = `module_geoip_headline_${headline.name}`;
        const isWorrying = isProtecting(headline)
            && (status.warnings.length > 0 || status.own?.isCut || this.#affected?.length > 0);
        this.#draw({
            ...headline,
            // Green is for a filter of which there is nothing else to tell.
            ...(isWorrying ? lookOf('attention') : {}),
            title: headline.n === null ? words.text(key) : words.count(key, headline.n),
            facts: this.#factsOf(status, headline),
            lines,
            actions: [...this.#ownAction(status), ...remarks.map(({ remedy }) => remedy)],
            details: remarks.map(technical),
        });
    }

    /** What is blocked, how much of it came, and whether anybody of yours is. */
    #factsOf({ wanted, inForce, phones }, headline) {
        const countries = inForce || isProtecting(headline) ? this.#countries(wanted) : null;
        const isCounting = headline.name === 'learning';
        const attempts = this.#attempts?.[isCounting ? 'counted' : 'dropped'] ?? 0;
        const isKnown = inForce || isProtecting(headline) || isCounting;
        return [
            countries,
            isKnown && wanted.lists.length > 0 ? { key: 'lists_used', n: wanted.lists.length } : null,
            isKnown && wanted.networks.length > 0 ? { key: 'networks_used', n: wanted.networks.length } : null,
            isKnown && wanted.admin ? { admin: wanted.admin } : null,
            attempts > 0 ? { attempts, key: isCounting ? 'attempts_counted_today' : 'attempts_blocked_today' } : null,
            isProtecting(headline) && this.#affected !== null ? { affected: this.#affected } : null,
            phones.length > 0 ? { kept: new Set(phones.map(({ phone }) => phone)).size } : null,
        ].filter((fact) => fact !== null);
    }

    #countries({ mode, countries }) {
        return countries.length === 0 ? null : { mode, countries };
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

    #draw(content) {
        // Nothing is said again to a screen reader, and no button vanishes under the pointer, while nothing changes.
        const shown = JSON.stringify(content);
        if (shown === this.#shown) {
            return;
        }
        this.#shown = shown;
        this.#message.className = `ui icon ${content.colour} message`;
        this.#message.querySelector('i').className = `${content.icon} icon`;
        this.#headline.textContent = content.title;
        this.#facts.replaceChildren(...content.facts.map((fact) => make('li', {}, ...this.#fact(fact))));
        this.#lines.replaceChildren(...[...new Set(content.lines)].map((line) => make('p', {}, make('bdi', {}, line))));
        this.#actions.replaceChildren(
            ...[...new Set(content.actions)].map((action) => this.#action(action)).filter(Boolean),
        );
        this.#details.hidden = content.details.length === 0;
        this.#details.lastElementChild.replaceChildren(
            ...content.details.map((line) => make('code', { dir: 'ltr' }, line)),
        );
    }

    #fact({
        countries, mode, n, admin, attempts, key, affected, kept,
    }) {
        if (countries !== undefined) {
            return this.#named(mode, countries);
        }
        if (n !== undefined) {
            return [make('a', { href: '#lists' }, words.count(`module_geoip_${key}`, n))];
        }
        if (admin !== undefined) {
            return this.#administration(admin);
        }
        if (attempts !== undefined) {
            return [make('a', { href: '#activity' }, words.count(`module_geoip_${key}`, attempts))];
        }
        if (kept !== undefined) {
            return [make('a', { href: '#exceptions' }, words.text('module_geoip_phones_kept', { n: words.number(kept) }))];
        }
        if (affected.length === 0) {
            return [icon('check'), words.text('module_geoip_nobody_affected')];
        }
        return affected.flatMap((person) => [
            make('strong', {}, words.text('module_geoip_person_blocked', { who: shownPersonOf(person) })),
            ' ',
            this.#change('', 'allow', () => this.#does.allow([person])),
            ...(person.phone === null ? [] : [this.#change('', 'phone_let_in', () => this.#does.letIn(person))]),
            ' ',
        ]);
    }

    #named(mode, codes) {
        return [
            ...(mode === 'allow' ? [words.text('module_geoip_allowed_are'), ' '] : []),
            ...this.#countriesIn(codes, '#countries'),
        ];
    }

    /** Whence what can be administered. */
    #administration({ countries, services }) {
        const closed = services.length < SERVICES.length ? ` (${serviceName(services[0])})` : '';
        return countries.length === 0
            ? [words.text('module_geoip_admin_none') + closed]
            : [words.text('module_geoip_admin_only_from'), ' ', ...this.#countriesIn(countries, '#settings'), closed];
    }

    /** The first of them by their names; the others are found at `link`. */
    #countriesIn(codes, link) {
        const names = codes.map((code) => ({ code, name: words.country(code) }))
            .sort((one, other) => words.compare(one.name, other.name));
        const rest = names.length - NAMED;
        return [
            ...names.slice(0, NAMED).map(({ code }) => make('span', { class: 'geoip-named' }, ...namedFlag(code))),
            rest > 0 ? make('a', { href: link }, words.count('module_geoip_more', rest)) : '',
        ];
    }

    /** A button for those who may change something. */
    #change(look, key, onClick) {
        const button = makeButton(`small ${look}`, words.text(`module_geoip_${key}`), onClick);
        button.dataset.changes = '';
        return button;
    }

    #action(action) {
        switch (action) {
            case 'repair':
                return this.#change('', 'repair', (event) => this.#repair(event.currentTarget));
            case 'enforce':
                return this.#change('', 'enforce', this.#does.enforce);
            case 'own':
                return this.#change('', 'own_add', this.#does.allowOwn);
            case 'update':
                return this.#change('geoip-elsewhere', 'update_now', () => this.#does.update());
            case 'firewall':
                return make(
                    'a',
                    { class: 'ui small button', href: `${rootUrl}firewall/index/` },
                    words.text('module_geoip_open_firewall'),
                );
            case 'export':
                return makeButton('small', words.text('module_geoip_export'), this.#does.export);
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
            this.complain(error);
        }
    }
}

/** The words of the filter itself, for whoever has to look closer. */
function technical({ code, detail }) {
    return detail ? `${code}: ${detail}` : code;
}

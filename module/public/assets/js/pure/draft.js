// SPDX-License-Identifier: GPL-3.0-or-later

import { isOver } from './expiry.js';

/**
 * The settings as the administrator is changing them, beside those that are saved.
 *
 * Fires `change` when the draft changed, and `countries` when the list of countries did.
 */
export class Draft extends EventTarget {
    /** By their codes: `{code, continent, subnets, names}`, the names folded. */
    countries = new Map();

    source = '';

    /** What becomes of connections from blocked countries: `drop` or `count`. */
    action = 'drop';

    #blocked = new Set();

    /** By their subnets: `{subnet, note, expires_at}`. */
    #exceptions = new Map();

    /** The saved policy as the PBX gave it; null before the first. */
    #saved = null;

    #namesOf;

    /** @param {function(string): string[]} namesOf all that a country is called, folded, by its code */
    constructor(namesOf) {
        super();
        this.#namesOf = namesOf;
    }

    /** Takes over what is saved on the PBX; whatever was changed here is dropped. */
    load(policy) {
        this.#saved = policy;
        this.discard();
    }

    loadCountries(countries) {
        const wasDirty = this.isDirty;
        this.countries = new Map(countries.map(
            (country) => [country.code, { ...country, names: this.#namesOf(country.code) }],
        ));
        if (!wasDirty) {
            // Which countries "all but these" blocks depends on the list.
            this.#blocked = this.#savedBlocked();
        }
        this.dispatchEvent(new Event('countries'));
        this.#changed();
    }

    discard() {
        this.source = this.#saved.source;
        this.action = this.#saved.action;
        this.#blocked = this.#savedBlocked();
        this.#exceptions = bySubnet(this.#saved.exceptions);
        this.#changed();
    }

    /** Lets the next save replace `policy`, which somebody else saved. */
    supersede(policy) {
        this.#saved = policy;
        this.#changed();
    }

    get revision() {
        return this.#saved?.revision;
    }

    /** Those that are not over. */
    get exceptions() {
        return [...this.#exceptions.values()].filter((exception) => !isOver(exception.expires_at));
    }

    get isDirty() {
        return this.#saved !== null
            && (this.source !== this.#saved.source
                || this.action !== this.#saved.action
                || !isSame(this.#blocked, this.#savedBlocked())
                || this.#hasOtherExceptions());
    }

    get savedSource() {
        return this.#saved?.source;
    }

    get isSourceDirty() {
        return this.source !== this.savedSource;
    }

    isBlocked(code) {
        return this.#blocked.has(code);
    }

    get blockedCount() {
        return [...this.countries.keys()].filter((code) => this.isBlocked(code)).length;
    }

    toggle(code) {
        this.setBlocked([code], !this.isBlocked(code));
    }

    setBlocked(codes, isBlocked) {
        codes.forEach((code) => (isBlocked ? this.#blocked.add(code) : this.#blocked.delete(code)));
        this.#changed();
    }

    setSource(source) {
        this.source = source;
        this.#changed();
    }

    setAction(action) {
        this.action = action;
        this.#changed();
    }

    hasException(subnet) {
        return this.exceptions.some((exception) => exception.subnet === subnet);
    }

    /**
     * @param {{subnet: string, note: string, expires_at: ?string}[]} exceptions take the place of those of their
     *     subnets
     */
    addExceptions(exceptions) {
        exceptions.forEach((exception) => this.#exceptions.set(exception.subnet, exception));
        this.#changed();
    }

    /** Exceptions that end have less time left, or are over. */
    passTime() {
        if ([...this.#exceptions.values()].some((exception) => exception.expires_at !== null)) {
            this.#changed();
        }
    }

    removeException(subnet) {
        this.#exceptions.delete(subnet);
        this.#changed();
    }

    /** The draft as the PBX takes it: whatever the mode it was saved in, as the countries that it blocks. */
    toPolicy() {
        return {
            source: this.source,
            mode: 'block',
            // A code beyond ISO 3166-1 that the chosen source does not hold would be refused.
            countries: [...this.#blocked].filter((code) => this.countries.has(code)).sort(),
            // Core takes a text that begins with http for an address and strips it; it trims the blank.
            exceptions: this.exceptions.map(
                (exception) => ({ ...exception, note: exception.note && ` ${exception.note}` }),
            ),
            unknown: this.#saved.unknown,
            action: this.action,
        };
    }

    #hasOtherExceptions() {
        const saved = bySubnet(this.#saved.exceptions);
        const isSaved = (exception) => saved.get(exception.subnet)?.note === exception.note
            && saved.get(exception.subnet)?.expires_at === exception.expires_at;
        const isGone = (exception) => !isOver(exception.expires_at)
            && !this.#exceptions.has(exception.subnet);
        return !this.exceptions.every(isSaved) || [...saved.values()].some(isGone);
    }

    #savedBlocked() {
        const { mode, countries } = this.#saved;
        return new Set(mode === 'block'
            ? countries
            : [...this.countries.keys()].filter((code) => !countries.includes(code)));
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }
}

function bySubnet(exceptions) {
    return new Map(exceptions.map((exception) => [exception.subnet, exception]));
}

function isSame(one, other) {
    return one.size === other.size && [...one].every((element) => other.has(element));
}

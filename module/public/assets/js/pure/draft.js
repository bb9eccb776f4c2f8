// SPDX-License-Identifier: GPL-3.0-or-later

import { shownList } from './block-lists.js';
import { whoOf } from './excepted.js';
import {
    changedParts, mergeParts, partsOf, SERVICES, setPart,
} from './policy-parts.js';

const COUNTRY = 'country ';

const EXCEPTION = 'exception ';

const LIST = 'list ';

const NETWORK = 'network ';

const SERVICE = 'service ';

const ADMIN = 'admin ';

/**
 * The settings as the administrator is changing them, beside those that are saved.
 *
 * Fires `change` when the draft changed, and `countries` when the list of countries did.
 */
export class Draft extends EventTarget {
    /** By their codes: `{code, continent, subnets, names}`, the names searchable. */
    countries = new Map();

    /** What `partsOf` makes of the settings. */
    #parts = new Map();

    /** The saved policy as the PBX gave it; null before the first. */
    #saved = null;

    #namesOf;

    /** @param {function(string): object[]} namesOf all that a country is called, searchable, by its code */
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
        const policy = this.#saved === null || !this.isDirty ? this.#saved : this.toPolicy();
        this.countries = new Map(countries.map(
            (country) => [country.code, { ...country, names: this.#namesOf(country.code) }],
        ));
        if (policy !== null) {
            // Which countries "only these" blocks depends on the list.
            this.#parts = this.#partsOf(policy);
        }
        this.dispatchEvent(new Event('countries'));
        this.#changed();
    }

    discard() {
        this.#parts = this.#partsOf(this.#saved);
        this.#changed();
    }

    /**
     * Puts the changes of the draft on top of `policy`, which somebody else saved. Where both changed the same, theirs
     * count until `keepMine`.
     *
     * @returns {{part: string, mine: *, theirs: *}[]} where both did
     */
    merge(policy) {
        const mine = this.#parts;
        const theirs = this.#partsOf(policy);
        const { merged, collisions } = mergeParts(this.#partsOf(this.#saved), mine, theirs);
        this.#saved = policy;
        this.#parts = merged;
        this.#changed();
        return collisions.map((part) => ({ part, mine: mine.get(part), theirs: theirs.get(part) }));
    }

    /** @param {{part: string, mine: *}[]} collisions as `merge` returned them */
    keepMine(collisions) {
        collisions.forEach(({ part, mine }) => setPart(this.#parts, part, mine));
        this.#changed();
    }

    /** True if `policy` is what a save of the draft makes of the settings. */
    isSavedAs(policy) {
        return changedParts(this.#partsOf(policy), this.#sent()).length === 0;
    }

    /** The same, as far as it can be told of what the PBX does not show. */
    mayBeSavedAs(policy) {
        const sent = new Map([...this.#sent()].map(
            ([part, value]) => [part, part.startsWith(LIST) ? shownList(value) : value],
        ));
        return changedParts(this.#partsOf(policy), sent).length === 0;
    }

    get revision() {
        return this.#saved?.revision;
    }

    get source() {
        return this.#parts.get('source');
    }

    /** `block`: the chosen countries are blocked; `allow`: all others are. */
    get mode() {
        return this.#parts.get('mode');
    }

    /** What becomes of connections from blocked countries: `drop` or `count`. */
    get action() {
        return this.#parts.get('action');
    }

    get exceptions() {
        return this.#allOf(EXCEPTION);
    }

    /** The block lists that are used: `{id}`, of one's own also `{url}` or `{text}`, of one that needs it also `{key}`. */
    get lists() {
        return this.#allOf(LIST);
    }

    get isDirty() {
        return this.#saved !== null && !this.isSavedAs(this.#saved);
    }

    get savedSource() {
        return this.#saved?.source;
    }

    get isSourceDirty() {
        return this.source !== this.savedSource;
    }

    isBlocked(code) {
        return this.#parts.get(COUNTRY + code) === true;
    }

    /** True if a country is one of "these countries". */
    isChosen(code) {
        return this.isBlocked(code) === (this.mode === 'block');
    }

    get blockedCount() {
        return [...this.countries.keys()].filter((code) => this.isBlocked(code)).length;
    }

    /** True if nobody has chosen anything to block: no country, list or network. */
    get isEmpty() {
        return this.mode === 'block' && this.countries.size > 0 && this.blockedCount === 0
            && this.lists.length === 0 && this.networks.length === 0;
    }

    /** True if addresses of no country are blocked, too: only who blocks all but a few can want that. */
    get blocksUnknown() {
        return this.canBlockUnknown && this.#unknown === 'drop';
    }

    get canBlockUnknown() {
        return this.mode === 'allow' || (this.countries.size > 0 && this.blockedCount === this.countries.size);
    }

    toggle(code) {
        this.setBlocked([code], !this.isBlocked(code));
    }

    setBlocked(codes, isBlocked) {
        codes.forEach((code) => this.#parts.set(COUNTRY + code, isBlocked));
        this.#changed();
    }

    /** Blocks or allows all there is, with the addresses of no country. */
    setAllBlocked(isBlocked) {
        this.#parts.set('unknown', isBlocked ? 'drop' : 'pass');
        this.setBlocked(this.#codes(), isBlocked);
    }

    /** What is chosen stays blocked or allowed as it is; where nothing is chosen, nothing is. */
    setMode(mode) {
        if (mode === this.mode) {
            return;
        }
        const isEmpty = this.#codes().every((code) => !this.isChosen(code));
        this.#parts.set('mode', mode);
        this.#parts.set('unknown', mode === 'allow' ? 'drop' : 'pass');
        this.setBlocked(isEmpty ? this.#codes() : [], mode === 'allow');
    }

    setBlocksUnknown(isBlocked) {
        this.#set('unknown', isBlocked ? 'drop' : 'pass');
    }

    setSource(source) {
        this.#set('source', source);
    }

    setAction(action) {
        this.#set('action', action);
    }

    /** @param {string} who a subnet, a host or a phone */
    hasException(who) {
        return this.#parts.has(EXCEPTION + who);
    }

    /**
     * @param {object[]} exceptions `{subnet, note, expires_at}`, or with `host` or `phone` in place of `subnet`; they take
     *     the place of those for the same
     */
    addExceptions(exceptions) {
        exceptions.forEach((exception) => this.#parts.set(EXCEPTION + whoOf(exception), exception));
        this.#changed();
    }

    removeException(who) {
        this.#parts.delete(EXCEPTION + who);
        this.#changed();
    }

    /** The AS numbers of the networks that are blocked, in order. */
    get networks() {
        return [...this.#parts.keys()].filter((part) => part.startsWith(NETWORK))
            .map((part) => Number(part.slice(NETWORK.length))).sort((one, other) => one - other);
    }

    setNetworksBlocked(numbers, isBlocked) {
        numbers.forEach((number) => setPart(this.#parts, NETWORK + number, isBlocked ? true : undefined));
        this.#changed();
    }

    /** The lists of which nothing is saved, and so perhaps nothing downloaded. */
    get newLists() {
        return this.lists.filter(({ id }) => !this.#saved.lists.some((list) => list.id === id));
    }

    /** True if a list of this name is used, or saved: then another one needs another name. */
    knowsList(id) {
        return this.usesList(id) || this.#saved.lists.some((list) => list.id === id);
    }

    usesList(id) {
        return this.#parts.has(LIST + id);
    }

    /** @param {object} list `{id}`, of one's own also `{url}` or `{text}`, of one that needs it also `{key}` */
    addList(list) {
        this.#set(LIST + list.id, list);
    }

    /** Uses a published list, with the key that is stored for it. */
    addPublishedList(id) {
        this.addList(this.#saved.lists.find((list) => list.id === id) ?? { id });
    }

    removeList(id) {
        this.#parts.delete(LIST + id);
        this.#changed();
    }

    /** True if registered phones get in from where they would be blocked. */
    get keepsPhones() {
        return this.#parts.get('keepPhones');
    }

    setKeepsPhones(isKept) {
        this.#set('keepPhones', isKept);
    }

    /** Those of `SERVICES` that can be reached from `adminCountries` only. */
    get restrictedServices() {
        return SERVICES.filter((service) => this.#parts.get(SERVICE + service));
    }

    /** The codes of the countries from which one may administer. They stay while nothing is restricted, unsaved. */
    get adminCountries() {
        return [...this.#parts.keys()].filter((part) => part.startsWith(ADMIN))
            .map((part) => part.slice(ADMIN.length)).sort();
    }

    setRestricted(service, isRestricted) {
        this.#set(SERVICE + service, isRestricted);
    }

    setMayAdminister(codes, mayAdminister) {
        codes.forEach((code) => setPart(this.#parts, ADMIN + code, mayAdminister ? true : undefined));
        this.#changed();
    }

    /** The draft as the PBX takes it. */
    toPolicy() {
        return {
            source: this.source,
            mode: this.mode,
            countries: this.#codes().filter((code) => this.isChosen(code)).sort(),
            exceptions: this.exceptions,
            lists: this.lists,
            networks: this.networks,
            unknown: this.#unknown,
            action: this.action,
            admin: this.#admin,
            keepPhones: this.keepsPhones,
        };
    }

    get #admin() {
        const { restrictedServices: services, adminCountries: countries } = this;
        return services.length === 0 ? null : { countries, services };
    }

    /** What becomes of addresses of no country; where that cannot be chosen, what is saved stays. */
    get #unknown() {
        if (this.canBlockUnknown) {
            return this.#parts.get('unknown');
        }
        return this.#saved.mode === this.mode ? this.#saved.unknown : 'pass';
    }

    #allOf(kind) {
        return [...this.#parts].filter(([part]) => part.startsWith(kind)).map(([, value]) => value);
    }

    #codes() {
        return [...this.countries.keys()];
    }

    #partsOf(policy) {
        return partsOf(policy, this.#codes());
    }

    /** As a save would have it. */
    #sent() {
        const sent = new Map(this.#parts).set('unknown', this.#unknown);
        if (this.#admin === null) {
            this.adminCountries.forEach((code) => sent.delete(ADMIN + code));
        }
        return sent;
    }

    #set(part, value) {
        this.#parts.set(part, value);
        this.#changed();
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { ALIASES } from './country-aliases.js';

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

const MILLISECONDS_PER_DAY = 86400e3;

/** With their lengths in seconds, the largest first. */
const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60]];

/** Texts, names, numbers and dates in one language. */
export class Language {
    /** As browsers write it: `pt-BR`. */
    tag;

    #sentences;

    #names;

    #collator;

    #plurals;

    /**
     * @param {string} name of the language as Core writes it: `pt_BR`
     * @param {object} sentences by their keys
     */
    constructor(name, sentences) {
        this.tag = name.replace('_', '-');
        this.#sentences = sentences;
        this.#names = new Intl.DisplayNames([this.tag, 'en'], { type: 'region' });
        this.#collator = new Intl.Collator(this.tag);
        this.#plurals = new Intl.PluralRules(this.tag);
    }

    get direction() {
        return RIGHT_TO_LEFT.includes(this.tag.split('-')[0]) ? 'rtl' : 'ltr';
    }

    /** The sentence of a key, its gaps (`%name%`) filled. */
    text(key, gaps = {}) {
        // Core escapes apostrophes in what it hands to the browser.
        return fill(this.#sentences[key].replaceAll("\\'", "'"), gaps);
    }

    /**
     * The same for a sentence with a number in it (`%n%`), which has a form for each of the language's numbers:
     * `one:%n% country|other:%n% countries`.
     */
    count(key, n, gaps = {}) {
        const forms = new Map(this.text(key).split('|').map((form) => form.match(/^([a-z]+):(.*)$/s).slice(1)));
        const form = forms.get(this.#plurals.select(n)) ?? forms.get('other');
        return fill(form, { ...gaps, n: this.number(n) });
    }

    /** The name of a country by its two-letter code. */
    country(code) {
        return this.#names.of(code);
    }

    /** All that a country is called: in this language, in English, in its own, in short, and what else people say. */
    namesOf(code) {
        const own = new Intl.Locale(`und-${code}`).maximize().language;
        const names = [this.tag, 'en', own].flatMap((tag) => ['long', 'short'].map(
            (style) => new Intl.DisplayNames([tag, 'en'], { type: 'region', style }).of(code),
        ));
        return [...new Set([...names, ...ALIASES[code] ?? []])];
    }

    compare(one, other) {
        return this.#collator.compare(one, other);
    }

    number(value) {
        return value.toLocaleString(this.tag);
    }

    /** @param {number} value of a hundred */
    percent(value) {
        return (value / 100).toLocaleString(this.tag, { style: 'percent', maximumSignificantDigits: 2 });
    }

    bytes(value) {
        const [size, unit] = value < 1e6 ? [value / 1e3, 'kilobyte'] : [value / 1e6, 'megabyte'];
        return size.toLocaleString(this.tag, { style: 'unit', unit, maximumFractionDigits: 1 });
    }

    /** Several things in a row. */
    list(things) {
        return new Intl.ListFormat(this.tag).format(things);
    }

    /** A count of a unit, as in "4 days". */
    span(count, unit) {
        return count.toLocaleString(this.tag, { style: 'unit', unit, unitDisplay: 'long' });
    }

    /** So many units from now. */
    ahead(count, unit) {
        return new Intl.RelativeTimeFormat(this.tag, { numeric: 'always' }).format(count, unit);
    }

    day(date) {
        return date.toLocaleDateString(this.tag, { dateStyle: 'medium' });
    }

    date(date) {
        return date.toLocaleString(this.tag, { dateStyle: 'medium', timeStyle: 'short' });
    }

    /** How long it has been since a moment, in the largest unit that it has two of. */
    since(date) {
        return this.span(...inLargestUnit(Date.now() - date));
    }

    /** How long ago a moment was, in the largest unit that it has two of, as in "2 minutes ago". */
    ago(date) {
        const [count, unit] = inLargestUnit(Date.now() - date);
        return this.ahead(-count, unit);
    }

    /** How long it still is until a moment, in the largest unit that it has two of, and the moment. */
    until(date) {
        return `${this.ahead(...inLargestUnit(date - Date.now()))} (${this.date(date)})`;
    }

    /** A moment as a date, and how many days ago that was. */
    moment(date) {
        const days = Math.round((date - Date.now()) / MILLISECONDS_PER_DAY);
        const ago = new Intl.RelativeTimeFormat(this.tag, { numeric: 'auto' }).format(days, 'day');
        return `${this.date(date)} (${ago})`;
    }
}

function inLargestUnit(milliseconds) {
    const seconds = milliseconds / 1000;
    const [unit, length] = UNITS.find(([, each]) => seconds >= 2 * each) ?? UNITS.at(-1);
    return [Math.max(1, Math.round(seconds / length)), unit];
}

function fill(sentence, gaps) {
    return sentence.replace(/%([a-z]+)%/g, (gap, name) => gaps[name] ?? gap);
}

// SPDX-License-Identifier: GPL-3.0-or-later
/* global globalTranslate, globalWebAdminLanguage */

/** Texts, names, numbers and dates in the page's language. */
class GeoIpWords {
    static #RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

    /** Letters that Unicode does not take for accented ones, though people type them so. */
    static #PLAIN = { æ: 'ae', ð: 'd', đ: 'd', ı: 'i', ł: 'l', ø: 'o', œ: 'oe', ß: 'ss', þ: 'th' };

    static language = globalWebAdminLanguage.replace('_', '-');

    static #names = new Intl.DisplayNames([this.language, 'en'], { type: 'region' });

    static #englishNames = new Intl.DisplayNames('en', { type: 'region' });

    static #collator = new Intl.Collator(this.language);

    static get direction() {
        return this.#RIGHT_TO_LEFT.includes(this.language.split('-')[0]) ? 'rtl' : 'ltr';
    }

    /** The translated text of a key, its gaps (`%name%`) filled. */
    static text(key, gaps = {}) {
        // Core escapes apostrophes in what it hands to the browser.
        const text = globalTranslate[key].replaceAll("\\'", "'");
        return text.replace(/%([a-z]+)%/g, (gap, name) => gaps[name] ?? gap);
    }

    /** The name of a country by its two-letter code. */
    static country(code) {
        return this.#names.of(code);
    }

    /** What a country is called in the page's language, in English and in its own, and its code; all folded. */
    static namesOf(code) {
        const own = new Intl.Locale(`und-${code}`).maximize().language;
        const ownNames = new Intl.DisplayNames([own, 'en'], { type: 'region' });
        return [this.country(code), this.#englishNames.of(code), ownNames.of(code), code]
            .map((name) => this.fold(name));
    }

    static compare(one, other) {
        return this.#collator.compare(one, other);
    }

    /** What is left of a text when case, accents and punctuation do not count. */
    static fold(text) {
        return text.normalize('NFKD').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
            .replace(/[^a-z0-9]/g, (letter) => this.#PLAIN[letter] ?? letter);
    }

    static number(value) {
        return value.toLocaleString(this.language);
    }

    static percent(value) {
        return (value / 100).toLocaleString(this.language, { style: 'percent' });
    }

    static bytes(value) {
        const [size, unit] = value < 1e6 ? [value / 1e3, 'kilobyte'] : [value / 1e6, 'megabyte'];
        return size.toLocaleString(this.language, { style: 'unit', unit, maximumFractionDigits: 1 });
    }

    /** So many units from now. */
    static ahead(count, unit) {
        return new Intl.RelativeTimeFormat(this.language, { numeric: 'always' }).format(count, unit);
    }

    /** How long it still is until a moment, in the largest unit that it has two of, and the moment. */
    static until(date) {
        return `${this.ahead(...this.#inLargestUnit(date - Date.now()))} (${this.date(date)})`;
    }

    /** A count of a unit, as in "4 days". */
    static span(count, unit) {
        return count.toLocaleString(this.language, { style: 'unit', unit, unitDisplay: 'long' });
    }

    /** How long it has been since a moment, in the largest unit that it has two of. */
    static since(date) {
        return this.span(...this.#inLargestUnit(Date.now() - date));
    }

    static date(date) {
        return date.toLocaleString(this.language, { dateStyle: 'medium', timeStyle: 'short' });
    }

    static #inLargestUnit(milliseconds) {
        const seconds = milliseconds / 1000;
        const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
        const [unit, length] = units.find(([, length]) => seconds >= 2 * length) ?? units.at(-1);
        return [Math.max(1, Math.round(seconds / length)), unit];
    }

    /** A moment as a date, and how long ago that was. */
    static moment(date) {
        const days = Math.round((date - Date.now()) / 86400000);
        const ago = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' }).format(days, 'day');
        return `${this.date(date)} (${ago})`;
    }
}

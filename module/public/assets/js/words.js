// SPDX-License-Identifier: GPL-3.0-or-later

import { language, sentences } from './core.js';
import { Language } from './pure/language.js';

/** Texts, names, numbers and dates in the page's language. */
export const words = new Language(language, sentences);

/** When an exception ends, for people. */
export function endInWords(expiresAt) {
    return words.text('module_geoip_exception_ends', { when: words.until(new Date(expiresAt)) });
}

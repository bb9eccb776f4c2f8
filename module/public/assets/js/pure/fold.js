// SPDX-License-Identifier: GPL-3.0-or-later

/** Letters that Unicode does not take for accented ones, though people type them so. */
const PLAIN = { æ: 'ae', ð: 'd', đ: 'd', ı: 'i', ł: 'l', ø: 'o', œ: 'oe', ß: 'ss', þ: 'th' };

/** What is left of a text when case, accents and punctuation do not count. */
export function fold(text) {
    return text.normalize('NFKD').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
        .replace(/[^a-z0-9]/g, (letter) => PLAIN[letter] ?? letter);
}

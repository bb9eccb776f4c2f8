// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global globalTranslateArray */

/** Every sentence by its key; a key without a sentence stands for itself. */
globalTranslate = new Proxy(globalTranslateArray, {
    get: (sentences, key) => (key in sentences ? sentences[key] : key),
});

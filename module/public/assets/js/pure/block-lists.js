// SPDX-License-Identifier: GPL-3.0-or-later

const MILLISECONDS_PER_DAY = 86400e3;

/** A publisher that has not changed a list for so long may have given it up. */
const OLD_DAYS = 14;

/** The longest id that the PBX takes. */
const LONGEST_ID = 40;

/** The id of a list that somebody calls so: "My list" is `my-list`. Empty if nothing in the name is fit for one. */
export function listIdOf(name) {
    const words = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '').match(/[a-z\d]+/g) ?? [];
    return words.join('-').slice(0, LONGEST_ID).replace(/-$/, '');
}

/** A list as the PBX shows it: without what may be secret. */
export function shownList(list) {
    return {
        ...list,
        ...(list.url === undefined ? {} : {
            url: list.url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1***@').replace(/[?#].*$/s, '?***'),
        }),
        ...(list.key === undefined ? {} : { key: '***' }),
    };
}

/** True if a list may be asked for at this address. */
export function isWebAddress(text) {
    return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/**
 * What there is to say of a list, as keys of sentences without their prefix, and what stands in them.
 *
 * @param {?object} known the list as the PBX knows it; undefined if it does not
 * @returns {{key: string, n: ?number, moment: ?string, isBad: boolean}[]} with `n` for a count
 */
export function listFacts(known) {
    const { kept = null, problem = null, has_failed: hasFailed = false } = known ?? {};
    if (problem !== null) {
        return [{ key: 'damaged', isBad: true }];
    }
    if (kept === null) {
        return [{ key: 'none', isBad: hasFailed }];
    }
    const isOld = kept.made_at !== null && Date.now() - new Date(kept.made_at) > OLD_DAYS * MILLISECONDS_PER_DAY;
    return [
        { key: 'entries', n: kept.rows.used, isBad: false },
        { key: 'as_of', moment: kept.read_at, isBad: false },
        ...(isOld ? [{ key: 'old', moment: kept.made_at, isBad: true }] : []),
        ...(hasFailed ? [{ key: 'failed', isBad: true }] : []),
    ];
}

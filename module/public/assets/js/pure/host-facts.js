// SPDX-License-Identifier: GPL-3.0-or-later

/** What a host's warnings say that its other fields do not. */
const TOLD = {
    'host.without_address': 'error_host_without_address',
    'host.not_public': 'error_host_not_public',
    'host.many_addresses': 'error_host_many_addresses',
};

/**
 * What there is to say of a host that is an exception.
 *
 * @param {object} [host] as `GET status` answers it; left out for one that is not in force
 * @returns {{key: string, addresses: ?string[], moment: ?string}[]} sentences by their keys without the prefix, each with
 *     what is in its gap
 */
export function hostFacts(host) {
    if (host === undefined || (host.resolved_at === null && host.silent_since === null)) {
        return [{ key: 'host_unasked' }];
    }
    const addresses = [...host.addresses, ...host.former];
    return [
        ...about('addresses', 'host_addresses', host.addresses),
        ...about('addresses', 'host_former', host.former),
        ...(addresses.some((address) => address.includes('/')) ? [{ key: 'host_networks' }] : []),
        ...about('moment', 'host_resolved', host.resolved_at),
        ...about('moment', 'host_silent', host.silent_since),
        ...about('moment', 'host_kept', host.kept_until),
        ...host.warnings.flatMap((code) => (code in TOLD ? [{ key: TOLD[code] }] : [])),
    ];
}

/**
 * The same of a phone.
 *
 * @param {object[]} kept the addresses by which it gets in, as `GET status` answers them
 * @returns {{key: string, addresses: ?string[]}}
 */
export function phoneFact(kept) {
    return kept.length === 0
        ? { key: 'phone_waits' }
        : { key: 'host_addresses', addresses: kept.map(({ address }) => address) };
}

function about(what, key, value) {
    return value === null || value.length === 0 ? [] : [{ key, [what]: value }];
}

// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hostFacts, phoneFact } from '../../module/public/assets/js/pure/host-facts.js';

const NOON = '2026-11-29T12:00:00Z';

const LATER = '2026-11-30T11:00:00Z';

/** What the PBX says of a host whose name servers answer. */
function hostWith(fields = {}) {
    return {
        host: 'anna.example.net',
        addresses: ['175.45.176.1'],
        former: [],
        resolved_at: NOON,
        silent_since: null,
        kept_until: null,
        warnings: [],
        ...fields,
    };
}

const keysOf = (host) => hostFacts(host).map(({ key }) => key);

test('of a host that is not in force nothing is claimed', () => {
    assert.deepEqual(hostFacts(undefined), [{ key: 'host_unasked' }]);
    const unasked = hostWith({ addresses: [], resolved_at: null, warnings: ['host.silent'] });
    assert.deepEqual(hostFacts(unasked), [{ key: 'host_unasked' }]);
});

test('a host has its addresses, and when they were looked up', () => {
    assert.deepEqual(hostFacts(hostWith()), [
        { key: 'host_addresses', addresses: ['175.45.176.1'] },
        { key: 'host_resolved', moment: NOON },
    ]);
});

test('that a whole network passes is explained where one does, for former addresses too', () => {
    for (const fields of [{ addresses: ['175.45.176.1', '2001:250::/64'] }, { former: ['2001:250::/64'] }]) {
        assert.ok(keysOf(hostWith(fields)).includes('host_networks'));
    }
    assert.ok(!keysOf(hostWith()).includes('host_networks'));
});

test('silence is told with its beginning, and until when the last answer counts', () => {
    const silent = hostWith({ silent_since: NOON, kept_until: LATER, warnings: ['host.silent'] });
    assert.deepEqual(hostFacts(silent).slice(-2), [
        { key: 'host_silent', moment: NOON }, { key: 'host_kept', moment: LATER },
    ]);
    const never = hostWith({ addresses: [], resolved_at: null, silent_since: NOON, warnings: ['host.silent'] });
    assert.deepEqual(hostFacts(never), [{ key: 'host_silent', moment: NOON }]);
});

test('what is odd about its addresses is told, and a code that nobody knows yet is not', () => {
    const odd = hostWith({ warnings: ['host.without_address', 'host.not_public', 'host.many_addresses', 'host.new'] });
    assert.deepEqual(keysOf(odd).slice(2), [
        'error_host_without_address', 'error_host_not_public', 'error_host_many_addresses',
    ]);
});

test('a phone gets in from its addresses, and where there is none it is told what it takes', () => {
    assert.deepEqual(phoneFact([]), { key: 'phone_waits' });
    const kept = [{ phone: '202', address: '1.0.1.1' }, { phone: '202', address: '2001:250::/64' }];
    assert.deepEqual(phoneFact(kept), { key: 'host_addresses', addresses: ['1.0.1.1', '2001:250::/64'] });
});

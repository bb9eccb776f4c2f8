// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { headlineOf, isProtecting, nameOfError } from '../../module/public/assets/js/pure/headline.js';

const active = (blocked, countries = 250) => ({ state: 'active', problems: [], counts: { blocked, countries } });

const hindered = (code) => ({ state: 'attention', problems: [{ code }], counts: { blocked: 5, countries: 250 } });

test('the headline says how much is blocked, by the shorter of two lists', () => {
    for (const [status, name, n] of [
        [active(0), 'nobody', null], [active(1), 'blocked', 1], [active(5), 'blocked', 5],
        [active(247), 'all_but', 3], [active(250), 'all', null],
    ]) {
        const headline = headlineOf(status);
        assert.deepEqual([headline.name, headline.n], [name, n]);
        assert.equal(headline.colour === 'positive', name !== 'nobody');
    }
});

test('where administration alone is restricted the headline says so, and says it is at work', () => {
    const admin = { countries: ['DE'], services: ['web'] };
    const headline = headlineOf({ ...active(0), wanted: { admin } });
    assert.equal(headline.name, 'admin_only');
    assert.ok(isProtecting(headline));
    assert.equal(headlineOf({ ...active(0), wanted: { admin: null } }).name, 'nobody');
    assert.equal(headlineOf({ ...active(0), state: 'nobody', wanted: { admin } }).name, 'nobody', 'no port is left');
    assert.equal(headlineOf({ ...active(5), wanted: { admin } }).name, 'blocked');
    assert.equal(headlineOf({ ...active(0), state: 'inactive', wanted: { admin } }).name, 'inactive');
});

test('where block lists alone are used the headline says so, and says they are at work', () => {
    const wanted = { lists: ['mine'], admin: { countries: ['DE'], services: ['web'] } };
    const headline = headlineOf({ ...active(0), wanted });
    assert.equal(headline.name, 'lists_only');
    assert.ok(isProtecting(headline));
    assert.equal(headlineOf({ ...active(5), wanted }).name, 'blocked');
    assert.equal(headlineOf({ ...active(0), wanted: { lists: [], admin: null } }).name, 'nobody');
    assert.equal(headlineOf({ ...active(0), wanted: { networks: [16276] } }).name, 'networks_only');
});

test('green is only what really blocks', () => {
    for (const code of [
        'firewall.accepted_before', 'policy.exempts_everybody', 'pbx.firewall_unmanaged', 'pbx.firewall_off',
        'firewall.ipset_missing', 'helper.missing', 'pbx.withheld', 'firewall.not_attached',
    ]) {
        const headline = headlineOf(hindered(code));
        assert.notEqual(headline.colour, 'positive', code);
        assert.ok(!isProtecting(headline), code);
    }
    const counting = headlineOf({ ...active(5), state: 'learning' });
    assert.deepEqual([counting.name, counting.colour], ['learning', 'violet']);
    assert.equal(headlineOf({ ...active(0), state: 'nobody' }).name, 'nobody');
    assert.equal(headlineOf({ state: 'off' }).name, 'off');
});

test('what waits to be put in force is not the matter where nothing is in force', () => {
    const status = { state: 'inactive', problems: [{ code: 'firewall.not_attached' }, { code: 'policy.pending' }] };
    assert.equal(headlineOf(status).name, 'inactive');
    assert.equal(headlineOf({ ...status, state: 'attention' }).name, 'not_in_force');
});

test('each hindrance that an administrator can act on has words of its own', () => {
    const names = ['firewall.accepted_before', 'policy.exempts_everybody', 'pbx.firewall_unmanaged', 'pbx.firewall_off',
        'firewall.ipset_missing', 'helper.missing', 'pbx.withheld', 'database.missing'].map((code) => headlineOf(hindered(code)).name);
    assert.equal(new Set(names).size, names.length);
});

test('what keeps the page from knowing is told by its kind', () => {
    for (const status of [0, 400, 404, 500, 503]) {
        assert.equal(nameOfError({ status, code: null }), 'unreachable');
    }
    for (const [status, code] of [[409, null], [422, null], [503, 'state.busy'], [500, 'helper.timeout']]) {
        assert.equal(nameOfError({ status, code }), 'attention', 'the PBX did answer');
    }
    assert.equal(nameOfError({ status: 403, code: null }), 'refused');
    assert.equal(nameOfError({ status: 429, code: null }), 'refused');
    assert.equal(nameOfError({ status: 500, code: 'helper.missing' }), 'no_program');
    assert.equal(nameOfError({ status: 503, code: 'firewall.ipset_missing' }), 'no_ipset');
});

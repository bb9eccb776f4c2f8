// SPDX-License-Identifier: GPL-3.0-or-later

// Each state of the filter has its own words, colour and way out.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { flow } from '../support/flow.mjs';
import { MACHINE } from '../support/pbx.mjs';

const world = flow({ countries: ['CN', 'KP'] });

/** Does something to the PBX for the time of `then`. */
async function during(begin, end, then) {
    begin();
    try {
        await then();
    } finally {
        end();
    }
}

const REST_OF_A_MODULE_THAT_IS_OFF = ['policy', 'status', 'update', 'countries', 'activity'].map((name) => `404 GET ${name}`);

test('an active filter says so, with what it blocks', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.status.getByText('2 countries blocked').waitFor();
    assert.match(await visit.status.innerText(), /China\s*North Korea/);
    await visit.status.getByText('Nobody of yours is blocked').waitFor();
});

test('the module is switched off on the page: it stays readable, its controls are off, and on again', async () => {
    const visit = await world.visit();
    REST_OF_A_MODULE_THAT_IS_OFF.forEach((failure) => visit.expectedFailures.add(failure));
    await visit.settled();
    await visit.page.locator('label[for=module-status]').click();
    await visit.page.waitForEvent('load');
    await visit.page.locator('#module-status:not(:checked)').waitFor({ state: 'attached' });
    await visit.status.getByText('The filter is switched off').waitFor();
    assert.equal(await visit.isBlockedOnMap('CN'), true, 'what is saved can be read');
    assert.deepEqual(await visit.search('North Korea'), ['KP']);
    assert.equal(await visit.page.locator('#geoip-box-KP').isDisabled(), true);
    assert.equal(await visit.page.locator('#geoip-update').isDisabled(), true);
    await visit.page.locator('#geoip-map path[data-code=BR]').click();
    assert.equal(await visit.isBlockedOnMap('BR'), false, 'the map is switched off, too');
    assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('module switched off');
    await visit.page.locator('label[for=module-status]').click();
    await visit.page.waitForEvent('load');
    await visit.status.getByText('2 countries blocked').waitFor();
    await visit.settled();
    assert.equal(await visit.page.locator('#geoip-box-AF').isEnabled(), true);
});

test('while the PBX does not know the module\'s resources yet the page waits for them', async () => {
    const visit = await world.visit();
    REST_OF_A_MODULE_THAT_IS_OFF.forEach((failure) => visit.expectedFailures.add(failure));
    await visit.settled();
    // Core's own record says on already, its router does not know yet.
    await during(
        () => writeFileSync(join(world.pbx.disk, 'routes-unknown'), ''),
        () => rmSync(join(world.pbx.disk, 'routes-unknown'), { force: true }),
        async () => {
            await visit.page.reload();
            await visit.status.getByText('starting', { exact: false }).waitFor();
            await visit.screenshot('resources not there yet');
        },
    );
    await visit.status.getByText('2 countries blocked').waitFor({ timeout: 10000 });
    await visit.settled();
});

test('with the firewall of the PBX switched off the page says so and links to it', async () => {
    await during(
        () => {
            world.pbx.act('setting', 'PBXFirewallEnabled', '0');
            world.pbx.act('reloadFirewall');
        },
        () => {
            world.pbx.act('setting', 'PBXFirewallEnabled', '1');
            world.pbx.act('reloadFirewall');
        },
        async () => {
            const visit = await world.visit();
            await visit.status.getByText('firewall of the PBX is switched off', { exact: false }).first().waitFor();
            assert.equal(await visit.status.locator('#geoip-status-actions a').getAttribute('href'), '/admin-cabinet/firewall/index/');
            await visit.settled();
            assert.deepEqual(await visit.barriers(), []);
            await visit.screenshot('firewall switched off');
        },
    );
});

test('a filter that somebody took out of the firewall is put back by one click', async () => {
    execFileSync('iptables', ['-D', 'INPUT', '-j', 'GEOIP_CHECK']);
    const visit = await world.visit();
    await visit.settled();
    const repair = visit.status.getByRole('button', { name: 'Repair' });
    await repair.waitFor();
    await visit.screenshot('not in its place');
    await repair.click();
    await visit.status.getByText('2 countries blocked').waitFor();
    assert.match(execFileSync('iptables', ['-S', 'INPUT']).toString(), /-j GEOIP_CHECK/);
});

/** Has the PBX tell of its status what only other systems would. */
function tell(visit, change) {
    return visit.page.route(/module-geo-i-p\/status(\?|$)/, async (route) => {
        const response = await route.fetch();
        const answer = await response.json();
        change(answer.data);
        await route.fulfill({ response, json: answer });
    });
}

const HEADLINES = {
    nothing: ['info', 'Nothing is blocked yet', { state: 'nobody', problem: 'policy.drops_nobody' }],
    blocked: ['positive', '2 countries blocked', { state: 'active' }],
    'all but some': ['positive', 'All but 2 countries blocked', { state: 'active', counts: { blocked: 248, countries: 250 } }],
    counting: ['violet', 'Counting only: nothing is blocked', { state: 'learning' }],
    'an open firewall': ['negative', 'A firewall rule lets everybody in', { state: 'attention', problem: 'firewall.accepted_before' }],
    'an exception for all': ['warning', 'An exception lets everybody in', { state: 'attention', problem: 'policy.exempts_everybody' }],
    'something unknown': ['warning', 'The filter needs attention', { state: 'attention', problem: 'firewall.never_heard_of' }],
    'not in its place': ['negative', 'Nothing is blocked: the filter is not working', { state: 'inactive', problem: 'firewall.not_attached' }],
};

test('each state has its own words and colour, and only a filter that blocks is green', async () => {
    const visit = await world.visit();
    await visit.settled();
    let told;
    await tell(visit, (status) => Object.assign(status, { warnings: [], ...told }));
    for (const [name, [colour, headline, { problem, ...state }]] of Object.entries(HEADLINES)) {
        const problems = problem ? [{ code: problem, text: 'What is the matter, and what helps.', remedy: null }] : [];
        told = { ...state, inForce: !problem, problems };
        await visit.page.reload();
        await visit.settled();
        await visit.status.getByText(headline, { exact: true }).waitFor();
        assert.match(await visit.status.getAttribute('class'), new RegExp(`\\b${colour}\\b`), name);
        assert.equal((await visit.status.innerText()).includes('what helps.'), problem !== undefined, name);
        assert.deepEqual(await visit.barriers(), [], name);
    }
});

test('a phone of yours that is blocked is named, and allowed by one click', async () => {
    world.pbx.act('record', 'Extensions', { number: '202', callerid: 'Anna' });
    world.pbx.register([{ Endpoint: '202', Uri: 'sip:202@1.0.2.2:5060' }]);
    const visit = await world.visit();
    await visit.settled();
    await visit.status.getByText('Phone 202 Anna is blocked').waitFor();
    assert.doesNotMatch(await visit.status.getAttribute('class'), /positive/);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('a phone is blocked');
    await visit.status.getByRole('button', { name: 'Allow' }).click();
    await visit.status.getByText('Nobody of yours is blocked').waitFor();
    const [{ subnet, note }] = world.pbx.rest('Policy', 'getList').data.exceptions;
    assert.deepEqual([subnet, note], ['1.0.2.2/32', 'Phone 202 Anna']);
});

test('where nothing is chosen yet, a click proposes what to begin with, and Save decides', async () => {
    world.pbx.rest('Policy', 'patch', { countries: [] });
    const visit = await world.visit({ from: '85.214.132.117' });
    await visit.settled();
    const offer = (name) => visit.page.locator('#geoip-first-steps').getByRole('button', { name });
    await offer('Allow only Germany').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('first steps');
    await offer('Allow only Germany').click();
    assert.deepEqual(await Promise.all(['DE', 'CN'].map((code) => visit.isBlockedOnMap(code))), [false, true]);
    assert.deepEqual(world.pbx.rest('Policy', 'getList').data.countries, [], 'nothing is saved yet');
    await visit.page.locator('#geoip-discard').click();
    await offer('Just count for a week').click();
    assert.equal(await visit.page.locator('#geoip-action-count').isChecked(), true);
    await visit.save();
    await visit.status.getByText('Counting only: nothing is blocked').waitFor();
});

test('what there is to know beside takes the green away, is said in whatever words, and offers what helps', async () => {
    const visit = await world.visit();
    await visit.settled();
    await tell(visit, (status) => {
        status.warnings = [
            { code: 'firewall.never_heard_of', text: 'the words of a newer helper', remedy: null },
            { code: 'firewall.rule_not_understood', text: 'A rule.', remedy: 'firewall' },
        ];
    });
    await visit.page.reload();
    await visit.status.getByText('the words of a newer helper').waitFor();
    assert.match(await visit.status.getAttribute('class'), /warning/);
    assert.equal(await visit.status.locator('#geoip-status-actions a').getAttribute('href'), '/admin-cabinet/firewall/index/');
});

test('where the host manages the firewall the page says so', async () => {
    const mark = join(world.pbx.disk, 'in-docker');
    await during(() => writeFileSync(mark, ''), () => rmSync(mark), async () => {
        const visit = await world.visit();
        await visit.status.getByText('Docker').waitFor();
        await visit.status.getByRole('button', { name: 'For another firewall' }).click();
        await visit.page.locator('#geoip-export-about', { hasText: 'ipset restore -file geoip.ipset' }).waitFor();
        assert.deepEqual(await visit.barriers(), []);
        await visit.screenshot('a file for the host');
    });
});

test('without ipset the page says that it is unavailable', async () => {
    // This kernel has sets, and the helper speaks with it directly; by the tool alone it finds none where that is gone.
    await world.pbx.byTool(() =>
        world.pbx.without('ipset', async () => {
            const visit = await world.visit();
            await visit.status.getByText('ipset unavailable').first().waitFor();
            await visit.settled();
            await visit.screenshot('ipset unavailable');
            // Nothing of this page is under way while the helper is put back.
            await visit.page.close();
        }),
    );
});

test('before there is any data the page says so and offers to get it', async () => {
    const bundle = join(world.pbx.disk, 'mikopbx/custom_modules/ModuleGeoIP/data/dbip-country-lite.csv.gz');
    const state = join(world.pbx.disk, 'mikopbx/geoip-filter');
    const files = [bundle, join(state, 'dbip.geodb')];
    await during(() => files.forEach((file) => renameSync(file, `${file}.away`)), () => {
        files.forEach((file) => renameSync(`${file}.away`, file));
    }, async () => {
        const visit = await world.visit({ tab: 'settings' });
        visit.expectedFailures.add('409 POST policy:preview');
        await visit.page.getByText('Data not yet downloaded').first().waitFor();
        await visit.settled();
        assert.ok((await visit.codes()).length > 0, 'countries can be chosen before there is data');
        assert.deepEqual(await visit.barriers(), []);
        await visit.screenshot('no data yet');
        await visit.toggle('RU');
        await visit.saveButton.click();
        await visit.dialog.getByText('could not be checked').waitFor();
        await visit.screenshot('saving without data');
        await visit.dialog.locator('button[value=""]').click();
    });
});

test('data that is old is named so, with the way to newer', async () => {
    const visit = await world.visit();
    await visit.settled();
    await tell(visit, (status) => {
        status.warnings = [{ code: 'database.stale', text: 'The data is old.', remedy: 'update' }];
    });
    await visit.page.reload();
    await visit.status.getByText('The data is old.').waitFor();
    assert.equal(await visit.status.getByRole('button', { name: 'Update now' }).count(), 1);
});

test('where the filter\'s program is gone the page says what to do, and one click tries again', async () => {
    const helper = join(world.pbx.disk, 'mikopbx/custom_modules/ModuleGeoIP/bin', `geoip-helper-${MACHINE}`);
    const visit = await world.visit();
    ['status', 'countries', 'activity'].forEach((resource) => visit.expectedFailures.add(`500 GET ${resource}`));
    visit.expectedFailures.add('500 POST policy:affected');
    await visit.settled();
    await during(() => renameSync(helper, `${helper}.away`), () => renameSync(`${helper}.away`, helper), async () => {
        await visit.page.reload();
        await visit.status.getByText('Install the module again').waitFor();
        assert.deepEqual(await visit.barriers(), []);
        await visit.screenshot('program missing');
    });
    await visit.status.getByRole('button', { name: 'Try again' }).click();
    await visit.status.getByText('2 countries blocked').waitFor();
    await visit.settled();
});

test('an address is explained: what happens to it, why, and what each source says', async () => {
    const visit = await world.visit({ viewport: NARROW, tab: 'exceptions' });
    await visit.settled();
    const ask = async (address) => {
        await visit.page.locator('#geoip-explain-address').fill(address);
        await visit.page.locator('#geoip-explain-address').press('Enter');
        return visit.page.locator('#geoip-explanation .message');
    };
    const dropped = await ask('1.0.1.1');
    await dropped.getByText('1.0.1.0-1.0.3.255').waitFor();
    assert.match(await dropped.innerText(), /China/);
    assert.match(await dropped.innerText(), /DB-IP/);
    await visit.screenshot('an address explained');
    assert.deepEqual(await visit.barriers(), []);
    assert.deepEqual(await visit.overflowing(), []);
    const passing = await ask('192.168.1.1');
    await visit.page.locator('#geoip-explanation .positive').waitFor();
    assert.doesNotMatch(await passing.innerText(), /module_geoip/);
    const copied = await ask('[::ffff:1.0.1.1]:5060');
    await copied.getByText('1.0.1.0-1.0.3.255').waitFor();
    assert.doesNotMatch(await copied.innerText(), /5060\]?:|ffff/);
    visit.expectedFailures.add('422 GET addresses:explain');
    await ask('<>"img"');
    await visit.page.locator('#geoip-explanation .warning', { hasText: '<>"img"' }).waitFor();
});

test('the order in which a connection is checked is explained where a person wonders', async () => {
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    await visit.page.locator('#geoip-order summary').click();
    assert.equal(await visit.page.locator('#geoip-order li:visible').count(), 5);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('the order explained');
});

// SPDX-License-Identifier: GPL-3.0-or-later

// The switch names whom it would cut off before it does, and what nobody keeps is out of force.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ADDRESS, flow } from '../support/flow.mjs';

const world = flow({ countries: ['CN'] });

const REST_OF_A_MODULE_THAT_IS_OFF = ['policy', 'status', 'update', 'countries', 'activity'].map((name) => `404 GET ${name}`);

const ASKED = 'Once the filter is on';

const status = () => world.pbx.rest('Status', 'getList').data;

beforeEach(() => {
    world.pbx.act('record', 'Extensions', { number: '201', callerid: 'Anna' });
    world.pbx.act('disable');
});

/** What nobody kept is no matter of the next test. */
afterEach(() => {
    world.pbx.register([]);
    world.pbx.act('disable');
    world.pbx.act('enable');
});

/** The page while the module is off. */
async function visitOff(options) {
    const visit = await world.visit(options);
    REST_OF_A_MODULE_THAT_IS_OFF.forEach((failure) => visit.expectedFailures.add(failure));
    await visit.status.getByText('The filter is switched off').waitFor();
    return visit;
}

const toggle = (visit) => visit.page.locator('label[for=module-status]');

async function enableAnyway(visit) {
    await toggle(visit).click();
    await Promise.all([
        visit.page.waitForEvent('load'),
        visit.dialog.getByRole('button', { name: 'Switch on anyway' }).click(),
    ]);
    await visit.settled();
}

test('whom the switch would cut off is named before it does, for mouse and keyboard alike', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    const visit = await visitOff();
    await toggle(visit).click();
    await visit.dialog.getByText(ASKED).waitFor();
    await visit.dialog.getByText('Phone 201 Anna').waitFor();
    await visit.dialog.getByText('5060/udp').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('switching on would cut somebody off');
    await visit.dialog.getByRole('button', { name: 'Cancel' }).click();
    await visit.page.locator('#module-status').focus();
    await visit.page.keyboard.press('Space');
    await visit.dialog.getByText(ASKED).waitFor();
    await visit.page.keyboard.press('Escape');
    assert.equal(await visit.page.locator('#module-status').isChecked(), false);
    assert.equal(status().enabled, false);
});

test('whoever switches it on all the same keeps it with a click', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    const visit = await visitOff();
    await enableAnyway(visit);
    const banner = visit.page.locator('#geoip-confirming');
    await banner.getByText('The filter is on, on trial.').waitFor();
    assert.match(await banner.innerText(), /within (90|[678]\d) seconds, or it stops/);
    assert.equal(await banner.getByRole('button', { name: 'Allow my address and keep' }).isVisible(), false);
    await visit.screenshot('switched on, on trial');
    await banner.getByRole('button', { name: 'Keep', exact: true }).click();
    await banner.getByText('The filter stays on.').waitFor();
    assert.equal(status().trial, null);
});

test('whoever is locked out by it lets himself in, and can keep it then', async () => {
    const visit = await visitOff({ from: ADDRESS.CN });
    await toggle(visit).click();
    await visit.dialog.getByText('You', { exact: true }).waitFor();
    await visit.page.keyboard.press('Escape');
    await enableAnyway(visit);
    const banner = visit.page.locator('#geoip-confirming');
    await visit.status.getByText(`your address (${ADDRESS.CN})`, { exact: false }).waitFor();
    const add = banner.getByRole('button', { name: 'Allow my address and keep' });
    await add.waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('switched on, locked out');
    await add.click();
    await banner.getByText('The filter stays on.').waitFor();
    assert.deepEqual(world.pbx.rest('Policy', 'getList').data.exceptions.map(({ subnet }) => subnet), [`${ADDRESS.CN}/32`]);
});

test('what nobody kept is out of force, says so, and comes into force by a click', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    const visit = await visitOff();
    await enableAnyway(visit);
    await visit.page.locator('#geoip-confirming').getByText('The filter is on, on trial.').waitFor();
    world.pbx.endTimeToConfirm();
    await visit.page.reload();
    await visit.page.locator('#geoip-confirming').getByText('Nobody kept the filter').waitFor();
    await visit.status.getByText('nobody kept the filter', { exact: false }).first().waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('out of force');
    await visit.status.getByRole('button', { name: 'Put in force' }).click();
    await visit.dialog.locator('button[value=save]').click();
    await visit.page.locator('#geoip-confirming').getByText('The filter is on, on trial.').waitFor();
    assert.equal(status().inForce, true);
});

test('where nobody is cut off the switch asks nothing', async () => {
    const visit = await visitOff();
    await Promise.all([visit.page.waitForEvent('load'), toggle(visit).click()]);
    await visit.status.getByText('1 country blocked').waitFor();
    await visit.settled();
});

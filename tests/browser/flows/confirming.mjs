// SPDX-License-Identifier: GPL-3.0-or-later

// A risky change counts down and is undone unless somebody who is not locked out keeps it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { ADDRESS, flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

const saved = () => world.pbx.rest('Policy', 'getList').data.countries;

const trial = () => world.pbx.rest('Status', 'getList').data.trial;

/** Saves a change that cuts off a phone in China, though the page warns. */
async function saveRisky(visit) {
    world.pbx.act('record', 'Extensions', { number: '201', callerid: 'Anna' });
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    await visit.toggle('CN');
    await visit.saveButton.click();
    await visit.dialog.locator('button[value=save]').click();
    await visit.page.locator('#geoip-saving-note.geoip-good').waitFor();
}

const parts = (visit) => ({
    banner: visit.page.locator('#geoip-confirming'),
    keep: visit.page.getByRole('button', { name: 'Keep', exact: true }),
    undo: visit.page.getByRole('button', { name: 'Undo' }),
});

for (const [name, options] of Object.entries({ wide: {}, narrow: { viewport: NARROW } })) {
    test(`a risky change counts down and stays when it is kept: ${name}`, async () => {
        const visit = await world.visit(options);
        await visit.settled();
        await saveRisky(visit);
        const { banner, keep } = parts(visit);
        assert.match(await banner.innerText(), /Applied on trial\.\s.*within (90|[78]\d) seconds/s);
        assert.equal(await visit.isClear('#geoip-confirming-title'), true);
        assert.deepEqual(await visit.barriers(), []);
        await visit.screenshot(`a change waits, ${name}`);
        assert.notEqual(trial(), null, 'nothing but the click confirms');
        await keep.click();
        await banner.getByText('The new settings are kept.').waitFor();
        assert.deepEqual([saved(), trial()], [['CN', 'KP'], null]);
    });
}

test('a change that is undone is gone from the page and the PBX', async () => {
    const visit = await world.visit();
    await visit.settled();
    await saveRisky(visit);
    const { banner, undo } = parts(visit);
    await undo.click();
    await banner.getByText('The previous settings are back.').waitFor();
    assert.deepEqual(saved(), ['KP']);
    assert.equal(await visit.isBlockedOnMap('CN'), false);
    assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
});

test('a page that is opened while a change waits counts down too, and tells when it is gone', async () => {
    const visit = await world.visit();
    await visit.settled();
    await saveRisky(visit);
    const other = await world.visit();
    await other.settled();
    const { banner } = parts(other);
    await banner.getByText('Applied on trial.').waitFor();
    world.pbx.endTimeToConfirm();
    world.pbx.rest('Status', 'getList');
    await banner.getByText('The previous settings are back.').waitFor();
    await other.page.waitForFunction(
        () => !document.querySelector('#geoip-map path[data-code=CN]').classList.contains('geoip-blocked'),
    );
    assert.deepEqual(saved(), ['KP']);
    await other.screenshot('a change is gone');
});

test('whoever would be locked out cannot keep the change', async () => {
    const visit = await world.visit({ from: ADDRESS.CN });
    visit.expectedFailures.add('409 POST policy:confirm');
    await visit.settled();
    await saveRisky(visit);
    const { keep } = parts(visit);
    await keep.click();
    await visit.page.locator('#geoip-confirming-error', { hasText: 'block the address you come from' }).waitFor();
    await visit.page.getByRole('button', { name: 'Allow my address and keep' }).waitFor();
    assert.deepEqual(await visit.barriers(), []);
    assert.notEqual(trial(), null);
    await visit.screenshot('locked out');
    await visit.page.getByRole('button', { name: 'Allow my address and keep' }).click();
    await parts(visit).banner.getByText('The new settings are kept.').waitFor();
    const { countries, exceptions } = world.pbx.rest('Policy', 'getList').data;
    assert.deepEqual([countries, exceptions.map(({ subnet }) => subnet)], [['CN', 'KP'], [`${ADDRESS.CN}/32`]]);
    assert.match(exceptions[0].note, /^Administrator, /);
});

test('by choice every change waits to be kept', async () => {
    const visit = await world.visit();
    await visit.settled();
    await Promise.all([
        visit.page.waitForResponse((response) => response.request().method() === 'PATCH'),
        visit.open('settings').then(() => visit.page.locator('#geoip-confirm-every').check()),
    ]);
    await visit.toggle('BR');
    await visit.saveButton.click();
    const { banner, keep } = parts(visit);
    await keep.click();
    await banner.getByText('The new settings are kept.').waitFor();
    assert.deepEqual(saved(), ['BR', 'KP']);
});

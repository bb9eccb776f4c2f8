// SPDX-License-Identifier: GPL-3.0-or-later

// From which countries the PBX may be administered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { ADDRESS, flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'], admin: null });

/** An address of an administrator, and its country. */
const OWN = { from: '8.8.8.8', country: 'United States' };

const saved = () => world.pbx.rest('Policy', 'getList').data.admin;

/** Restricts a service, and lets the countries that somebody types administer. */
async function restrict(visit, service, ...names) {
    await visit.page.locator(`#geoip-admin-${service}`).selectOption('only');
    for (const name of names) {
        await visit.page.locator('#geoip-admin-search').fill(name);
        await visit.page.locator('#geoip-admin-search').press('Enter');
    }
}

const chips = (visit) => visit.page.locator('#geoip-admin-countries li').allInnerTexts();

test('countries are found by what somebody types, chosen, saved, and said at the top', async () => {
    const visit = await world.visit({ tab: 'settings', from: OWN.from });
    await visit.settled();
    await restrict(visit, 'web', 'germ', 'Östereich, US');
    assert.deepEqual(await chips(visit), ['Austria', 'Germany', OWN.country]);
    await visit.page.locator('#geoip-admin-search').fill('switz');
    await visit.page.locator('#geoip-admin-found').getByRole('button', { name: 'Switzerland' }).click();
    assert.deepEqual(await chips(visit), ['Austria', 'Germany', 'Switzerland', OWN.country]);
    await visit.page.getByRole('button', { name: 'Remove Germany' }).click();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('who may administer');
    await visit.save();
    assert.deepEqual(saved(), { countries: ['AT', 'CH', 'US'], services: ['web'] });
    const line = visit.status.locator('li', { hasText: 'Administration only from:' });
    assert.match(await line.innerText(), /Austria.*Switzerland.*United States.*\(Web interface\)/s);
    await visit.screenshot('administration only from');
});

test('what is not understood stays to be corrected, and no country at all is said to be none', async () => {
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    const choice = visit.page.locator('#geoip-admin-choice');
    assert.equal(await choice.isVisible(), false, 'nothing is restricted');
    await restrict(visit, 'consoles', 'France, Atlantis');
    await visit.page.locator('#geoip-admin-error', { hasText: 'Atlantis' }).waitFor();
    assert.equal(await visit.page.locator('#geoip-admin-search').inputValue(), 'Atlantis');
    assert.deepEqual(await chips(visit), ['France']);
    await visit.page.getByRole('button', { name: 'Remove France' }).click();
    await choice.getByText('No country is chosen').waitFor();
    await visit.page.locator('#geoip-discard').click();
    assert.equal(await choice.isVisible(), false);
});

for (const [answer, countries, exceptions] of [
    ['allow', ['DE', 'US'], []], ['except', ['DE'], [`${OWN.from}/32`]], ['', null, []],
]) {
    test(`an administrator who would shut himself out is asked before a save: "${answer || 'cancel'}"`, async () => {
        const visit = await world.visit({ tab: 'settings', from: OWN.from });
        await visit.settled();
        await restrict(visit, 'web', 'Germany');
        await visit.saveButton.click();
        await visit.dialog.waitFor();
        assert.match(await visit.dialog.innerText(), /lock yourself out.*8\.8\.8\.8.*80\/tcp/s);
        assert.equal(saved(), null, 'nothing was saved yet');
        await visit.dialog.locator(`button[value="${answer}"]`).click();
        if (answer === '') {
            await visit.dialog.waitFor({ state: 'detached' });
        } else {
            await visit.page.locator('#geoip-saving-note.geoip-good').waitFor();
        }
        assert.deepEqual(saved()?.countries ?? null, countries);
        const subnets = world.pbx.rest('Policy', 'getList').data.exceptions.map(({ subnet }) => subnet);
        assert.deepEqual(subnets, exceptions);
    });
}

test('modules that are reached through the web interface are named before they are cut off', async () => {
    world.pbx.act('record', 'PbxExtensionModules', {
        id: '77', uniqid: 'ModuleAutoprovision', name: 'Auto provisioning', disabled: '0',
    });
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    const warning = visit.page.locator('#geoip-admin-modules');
    assert.equal(await warning.innerText(), '');
    await restrict(visit, 'consoles', 'Germany');
    assert.equal(await warning.innerText(), '');
    await restrict(visit, 'web');
    assert.match(await warning.innerText(), /Auto provisioning/);
});

test('where no country is blocked the page does not say that nothing is', async () => {
    world.pbx.rest('Policy', 'patch', { countries: [], admin: { countries: ['US'], services: ['consoles', 'web'] } });
    const visit = await world.visit({ from: OWN.from });
    await visit.settled();
    await visit.status.getByText('Only administration is restricted').waitFor();
    await visit.status.getByText('Administration only from:').waitFor();
    await visit.page.locator('#geoip-unblock-all').click();
    await visit.dialog.getByText('Administration stays restricted').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('only administration is restricted');
});

test('while the filter learns, administration is restricted all the same, and the page says both', async () => {
    world.pbx.rest('Policy', 'patch', { action: 'count', admin: { countries: ['US'], services: ['web'] } });
    const visit = await world.visit({ from: OWN.from });
    await visit.settled();
    await visit.status.getByText('Counting only').waitFor();
    await visit.status.getByText('Administration only from:').waitFor();
});

test('a check of an address tells whether it may administer', async () => {
    world.pbx.rest('Policy', 'patch', { admin: { countries: ['US'], services: ['web'] } });
    const visit = await world.visit({ tab: 'exceptions', from: OWN.from });
    await visit.settled();
    const check = async (address, answer) => {
        await visit.page.locator('#geoip-explain-address').fill(address);
        await visit.page.locator('#geoip-explain-address').press('Enter');
        await visit.page.locator('#geoip-explanation', { hasText: address }).getByText(answer).waitFor();
    };
    await check(OWN.from, 'The PBX can be administered from here. Its country is allowed: United States.');
    await check(ADDRESS.CN, 'The PBX cannot be administered from here. Its country is not among the allowed ones: China.');
    await check(ADDRESS.KP, 'The PBX cannot be administered from here.');
    await visit.screenshot('may it administer');
});

test('what another administrator restricted meanwhile is put together with what was chosen here', async () => {
    const visit = await world.visit({ tab: 'settings', from: OWN.from });
    await visit.settled();
    await restrict(visit, 'web', 'US');
    world.pbx.rest('Policy', 'patch', { admin: { countries: ['DE'], services: ['consoles'] } });
    await visit.page.locator('#geoip-saving-note', { hasText: 'added to theirs' }).waitFor();
    await visit.save();
    assert.deepEqual(saved(), { countries: ['DE', 'US'], services: ['consoles', 'web'] });
});

test('it works by the keyboard, on a narrow screen and from right to left', async () => {
    const visit = await world.visit({ tab: 'settings', viewport: NARROW, language: 'fa', from: OWN.from });
    await visit.settled();
    const { keyboard } = visit.page;
    await visit.page.locator('#geoip-admin-web').focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('Tab');
    await keyboard.type('germany');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.equal((await chips(visit)).length, 1);
    assert.deepEqual(await visit.overflowing(), []);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('who may administer, narrow, Persian');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.equal((await chips(visit)).length, 0);
});

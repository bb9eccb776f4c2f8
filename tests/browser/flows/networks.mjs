// SPDX-License-Identifier: GPL-3.0-or-later

// Networks: found, chosen, and blocked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

const OVH = 16276;

/** An address of OVH. */
const AT_OVH = '51.38.0.1';

const saved = () => world.pbx.rest('Policy', 'getList').data.networks;

const chosen = (visit) => visit.page.locator('#geoip-networks li');

const found = (visit) => visit.page.locator('#geoip-networks-found li');

test('without data nothing can be chosen, and a download that fails says so', async () => {
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await visit.page.getByText('The data that tells networks apart has not been downloaded yet.').waitFor();
    assert.equal(await visit.page.locator('#geoip-networks-search').isVisible(), false);
    assert.deepEqual(await visit.barriers(), []);
    await visit.page.getByRole('button', { name: 'Download it now' }).click();
    await visit.page.locator('#geoip-networks-data-error', { hasText: 'The publisher of the data cannot be reached' }).waitFor();
});

test('while the filter learns, networks of yours are in no preset from the download on', async () => {
    world.pbx.register([{ Endpoint: '202', Uri: `sip:202@${AT_OVH}:5060` }]);
    world.pbx.rest('Policy', 'patch', { action: 'count' });
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await visit.page.route('**/networks:download', (route) => {
        world.pbx.learnNetworks();
        return route.continue();
    });
    await visit.page.getByRole('button', { name: 'Download it now' }).click();
    const hosting = visit.page.locator('#geoip-networks-presets li', { hasText: 'Hosting companies' });
    const spared = hosting.getByText('Not blocked, because your phones or providers were seen there: AS16276 OVH SAS.');
    await spared.waitFor();
    await hosting.getByRole('button', { name: 'Block all of these' }).click();
    await chosen(visit).filter({ hasText: 'AS14061 DigitalOcean' }).waitFor();
    await spared.waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('a preset without networks of yours');
    await visit.save();
    assert.deepEqual([saved().length > 30, saved().includes(OVH)], [true, false]);
});

test('a network is found by its name or number, blocked once it is saved, and removed by a click', async () => {
    world.pbx.learnNetworks();
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await visit.page.locator('#geoip-networks-search').fill('ovh sas');
    await found(visit).filter({ hasText: 'AS16276 OVH' }).waitFor();
    await visit.screenshot('networks that are found');
    await visit.page.getByRole('button', { name: /^Block AS16276 OVH/ }).click();
    assert.match(await chosen(visit).innerText(), /AS16276 OVH SAS.*IPv4 addresses/s);
    assert.deepEqual(await visit.barriers(), []);
    await visit.save();
    assert.deepEqual(saved(), [OVH]);
    const { verdict, reason } = world.pbx.rest('Addresses', 'explain', { address: AT_OVH }).data.addresses[0];
    assert.deepEqual([verdict, reason], ['drop', 'network']);
    await visit.status.getByText('1 network blocked').waitFor();
    await visit.open('exceptions');
    await visit.page.locator('#geoip-explain-address').fill(AT_OVH);
    await visit.page.locator('#geoip-explain-address').press('Enter');
    await visit.page.locator('#geoip-explanation', { hasText: 'It belongs to the blocked network AS16276 OVH' }).waitFor();
    await visit.open('lists');
    await visit.page.getByRole('button', { name: /^Remove AS16276/ }).click();
    await visit.save();
    assert.deepEqual(saved(), []);
    await visit.page.locator('#geoip-networks-search').fill('AS14061');
    await found(visit).filter({ hasText: 'DigitalOcean' }).waitFor();
    await visit.page.locator('#geoip-networks-search').fill('nobody at all');
    await visit.page.getByText('No network matches the search.').waitFor();
});

test('hosting companies are blocked together, and whoever of yours is there is named', async () => {
    world.pbx.learnNetworks();
    world.pbx.register([{ Endpoint: '202', Uri: `sip:202@${AT_OVH}:5060` }]);
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    const hosting = visit.page.locator('#geoip-networks-presets li', { hasText: 'Hosting companies' });
    await hosting.getByRole('button', { name: 'Block all of these' }).click();
    await chosen(visit).filter({ hasText: 'AS16276 OVH' }).waitFor();
    assert.ok(await chosen(visit).count() > 30);
    assert.match(await visit.page.locator('#geoip-networks-share').innerText(), /^\d(\.\d)?% of all IPv4 addresses$/);
    await visit.screenshot('hosting companies');
    await visit.saveButton.click();
    const row = visit.dialog.getByRole('row', { name: 'Phone 202' });
    await row.getByText('Network AS16276 OVH').waitFor();
    await visit.dialog.locator('button[value=except]').click();
    await visit.page.locator('#geoip-saving-note.geoip-good').waitFor();
    assert.equal(world.pbx.rest('Addresses', 'explain', { address: AT_OVH }).data.addresses[0].verdict, 'pass');
    world.pbx.rest('Policy', 'patch', { countries: [] });
    await visit.status.getByText('Only networks are blocked').waitFor();
});

test('what another administrator chose meanwhile is put together with what was chosen here', async () => {
    world.pbx.learnNetworks();
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await visit.page.locator('#geoip-networks-search').fill('16276');
    await visit.page.getByRole('button', { name: /^Block AS16276 / }).click();
    world.pbx.rest('Policy', 'patch', { networks: [14061] });
    await visit.page.locator('#geoip-saving-note', { hasText: 'added to theirs' }).waitFor();
    await visit.save();
    assert.deepEqual(saved(), [14061, OVH]);
});

test('data of another source is chosen, and what is kept is used until it is there', async () => {
    world.pbx.learnNetworks();
    world.pbx.rest('Policy', 'patch', { networks: [OVH] });
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    const source = visit.page.locator('#geoip-networks-source');
    const standIn = visit.page.getByText('ip-location-db origin-asn: there is no data yet.');
    const download = visit.page.getByRole('button', { name: 'Download it now' });
    await source.waitFor();
    assert.deepEqual(await source.locator('option').allInnerTexts(), ['DB-IP ASN Lite', 'ip-location-db origin-asn']);
    assert.deepEqual([await source.inputValue(), await download.isVisible()], ['dbip-asn', false]);
    await source.selectOption('origin-asn');
    await standIn.waitFor();
    await visit.page.locator('#geoip-networks-data-error', { hasText: 'The publisher of the data cannot be reached' }).waitFor();
    assert.equal(world.pbx.rest('Policy', 'getList').data.networkSource, 'origin-asn');
    assert.equal(await visit.page.locator('#geoip-networks-terms').innerText(), 'Data provided by: DB-IP ASN Lite');
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('another source of networks');
    await download.click();
    await visit.page.getByText('does not want to be asked again so soon').waitFor();
    await source.selectOption('dbip-asn');
    await standIn.waitFor({ state: 'hidden' });
    assert.deepEqual([await download.isVisible(), await visit.page.locator('#geoip-networks-data-error').innerText()], [false, '']);
});

test('a source that could not be saved is put back', async () => {
    world.pbx.learnNetworks();
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    visit.expectedFailures.add('503 PATCH policy');
    await visit.page.route('**/policy', (route) => (route.request().method() === 'PATCH'
        ? route.fulfill({ status: 503, json: { result: false, messages: { error: ['Out of order'] } } })
        : route.continue()));
    const source = visit.page.locator('#geoip-networks-source');
    await source.selectOption('origin-asn');
    await visit.page.locator('#geoip-networks-data-error', { hasText: 'Not saved. Out of order' }).waitFor();
    assert.equal(await source.inputValue(), 'dbip-asn');
    assert.equal(world.pbx.rest('Policy', 'getList').data.networkSource, 'dbip-asn');
});

test('it works by the keyboard, on a narrow screen and from right to left', async () => {
    world.pbx.learnNetworks();
    const visit = await world.visit({ tab: 'lists', viewport: NARROW, language: 'he' });
    await visit.settled();
    const { keyboard } = visit.page;
    await visit.page.locator('#geoip-networks-search').waitFor();
    await visit.page.locator('#geoip-networks-search').focus();
    await keyboard.type('AS16276');
    await found(visit).first().waitFor();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.equal(await chosen(visit).count(), 1);
    await visit.page.locator('#geoip-networks-source').focus();
    await keyboard.press('ArrowDown');
    await visit.page.locator('#geoip-networks-missing').waitFor();
    assert.equal(world.pbx.rest('Policy', 'getList').data.networkSource, 'origin-asn');
    assert.deepEqual(await visit.overflowing(), []);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('networks, narrow, Hebrew');
});

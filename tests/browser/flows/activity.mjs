// SPDX-License-Identifier: GPL-3.0-or-later

// What the filter dropped or counted is shown as it happens, and a sender is explained or let in by a click.

import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { ADDRESS, flow } from '../support/flow.mjs';

const world = flow({ countries: ['CN', 'IR', 'KP', 'RU'] });

const saved = () => world.pbx.rest('Policy', 'getList').data;

const section = (visit) => visit.page.locator('#geoip-activity');

const learning = (visit) => visit.page.locator('#geoip-learning');

/** A visit to a filter that has only counted so far. */
async function visitLearning(options) {
    world.pbx.rest('Policy', 'patch', { action: 'count' });
    await world.pbx.knock(ADDRESS.CN, 2);
    const visit = await world.visit({ tab: 'activity', ...options });
    await visit.settled();
    await learning(visit).getByText('the filter would have blocked').waitFor();
    return visit;
}

test('while nothing has been dropped the page says so, and since when', async () => {
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    await section(visit).getByText('No attempt from a blocked country since').waitFor();
    assert.equal(await visit.page.locator('#geoip-activity-content').isVisible(), false);
    assert.equal(await learning(visit).isVisible(), false);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('no activity');
});

for (const [name, options] of Object.entries({
    wide: {},
    narrow: { viewport: NARROW },
    'wide, Persian': { language: 'fa' },
    'narrow, Russian': { viewport: NARROW, language: 'ru' },
})) {
    test(`what was dropped is shown by time, country and address: ${name}`, async () => {
        await world.pbx.knock(ADDRESS.KP, 12);
        await world.pbx.knock(ADDRESS.CN, 3);
        await world.pbx.knock('77.88.8.8', 40);
        await world.pbx.knock('240e::1', 2);
        const visit = await world.visit({ tab: 'activity', ...options });
        await visit.settled();
        await section(visit).locator('#geoip-activity-addresses', { hasText: ADDRESS.KP }).waitFor();
        assert.match(await section(visit).innerText(), /240e::\/64/);
        assert.equal(await section(visit).locator('#geoip-activity-countries tbody tr').count(), 3);
        assert.ok(await section(visit).locator('#geoip-trend rect.geoip-dropped').count() > 0);
        await section(visit).locator('#geoip-trend summary').click();
        await visit.open('countries');
        if (options.viewport !== NARROW) {
            await visit.page.locator('label[for=geoip-map-packets]').click();
        } else {
            // A telephone shows no map.
            await visit.page.locator('#geoip-map-packets').evaluate((box) => box.click());
        }
        const levels = await visit.page.locator('#geoip-map path[class*=geoip-level]').evaluateAll(
            (shapes) => shapes.map(({ dataset }) => dataset.code).sort(),
        );
        assert.deepEqual(levels, ['CN', 'KP', 'RU']);
        const [sent, sentNothing] = await Promise.all(['CN', 'IR'].map((code) => visit.page.locator(
            `#geoip-map path[data-code=${code}]`,
        ).evaluate((shape) => getComputedStyle(shape).fill)));
        assert.match(sent, /rgb/);
        assert.match(sentNothing, /hatching/, 'what is blocked without packets is still told from what is allowed');
        assert.deepEqual(await visit.barriers(), []);
        assert.deepEqual(await visit.overflowing(), []);
        await visit.screenshot(`activity, ${name}`);
        await visit.open('activity');
        await section(visit).locator('#geoip-activity-periods button').last().click();
        await section(visit).locator('#geoip-trend rect.geoip-dropped').first().waitFor();
    });
}

test('new packets appear by themselves', async () => {
    await world.pbx.knock(ADDRESS.CN);
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    const total = section(visit).locator('.geoip-total-dropped');
    const before = await total.textContent();
    await world.pbx.knock(ADDRESS.CN);
    await visit.page.waitForFunction(
        (text) => document.querySelector('.geoip-total-dropped').textContent !== text,
        before,
        { timeout: 20000 },
    );
});

test('a sender is explained, or made an exception, by a click', async () => {
    await world.pbx.knock(ADDRESS.KP);
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    const row = section(visit).locator('#geoip-activity-addresses tr', { hasText: ADDRESS.KP });
    await row.getByRole('button', { name: 'Check' }).click();
    await row.getByText(`${ADDRESS.KP} is blocked`).waitFor();
    await visit.screenshot('a sender explained');
    await row.getByRole('button', { name: 'Add exception' }).click();
    assert.equal(await visit.page.locator('#geoip-exception').inputValue(), ADDRESS.KP);
    assert.equal(await visit.isClear('#geoip-exception'), true);
    await visit.page.locator('#geoip-exception').press('Enter');
    await visit.save();
    assert.deepEqual(saved().exceptions.map(({ subnet }) => subnet), [`${ADDRESS.KP}/32`]);
});

test('a network from which attempts come is blocked by a click', async () => {
    await world.pbx.knock(ADDRESS.KP);
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    const networks = section(visit).locator('#geoip-activity-networks');
    await section(visit).locator('#geoip-activity-addresses tr', { hasText: ADDRESS.KP }).waitFor();
    assert.equal(await networks.isVisible(), false, 'without data nobody knows');
    world.pbx.learnNetworks();
    await visit.page.reload();
    await visit.settled();
    const [{ network }] = world.pbx.rest('Addresses', 'explain', { address: ADDRESS.KP }).data.addresses;
    const name = `AS${network.number} ${network.name}`;
    await networks.getByRole('row', { name }).getByRole('button', { name: `Block ${name}` }).click();
    await visit.page.locator('#geoip-networks li', { hasText: name }).waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.save();
    assert.deepEqual(saved().networks, [network.number]);
    await visit.open('activity');
    await visit.screenshot('a network from which attempts come');
});

test('the block lists that know the senders are told, and blocked by a click', async () => {
    world.pbx.rest('Policy', 'patch', { lists: [{ id: 'mine', text: '9.9.9.9' }] });
    await world.pbx.knock('9.9.9.9', 2);
    await world.pbx.knock(ADDRESS.KP);
    world.pbx.learnList('spamhaus-drop', ADDRESS.KP);
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    const lists = section(visit).locator('#geoip-activity-lists');
    await lists.getByRole('row', { name: /^mine 1/ }).waitFor();
    const published = lists.getByRole('row', { name: 'Spamhaus DROP' });
    assert.match(await published.innerText(), /\b1 \(\d+%\)/);
    assert.equal(await lists.getByRole('button').count(), 1, 'what is blocked already needs no button');
    await section(visit).getByRole('button', { name: 'Which block lists know these addresses?' }).click();
    await section(visit).getByText('FireHOL level 1: Not downloaded yet.').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('lists that know the senders');
    await published.getByRole('button', { name: 'Block Spamhaus DROP' }).click();
    await visit.page.locator('#geoip-list-spamhaus-drop:checked').waitFor();
    await visit.save();
    assert.deepEqual(saved().lists.map(({ id }) => id), ['mine', 'spamhaus-drop']);
});

test('what cannot be read is said, and asked for again by a click', async () => {
    const visit = await world.visit({ tab: 'activity' });
    visit.expectedFailures.add('500 GET activity');
    await visit.settled();
    const bin = join(world.pbx.disk, 'mikopbx/custom_modules/ModuleGeoIP/bin');
    renameSync(bin, `${bin}.gone`);
    try {
        await section(visit).locator('#geoip-activity-periods button').last().click();
        await section(visit).getByRole('button', { name: 'Try again' }).waitFor();
        assert.deepEqual(await visit.barriers(), []);
    } finally {
        renameSync(`${bin}.gone`, bin);
    }
    await section(visit).getByRole('button', { name: 'Try again' }).click();
    await section(visit).getByRole('button', { name: 'Try again' }).waitFor({ state: 'detached' });
});

for (const [name, options] of Object.entries({ wide: {}, narrow: { viewport: NARROW } })) {
    test(`a learning filter says that it protects nobody, and what it would have done: ${name}`, async () => {
        world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
        const visit = await visitLearning({ ...options, from: '85.214.132.117' });
        await visit.status.getByText('Counting only: nothing is blocked').waitFor();
        assert.match(await visit.status.getAttribute('class'), /violet/);
        assert.doesNotMatch(await visit.status.innerText(), /active/);
        const facts = await learning(visit).innerText();
        assert.match(facts, /Your phones and providers\s+1\s/);
        assert.match(facts, /China\s*Germany/);
        assert.deepEqual(await visit.barriers(), []);
        assert.deepEqual(await visit.overflowing(), []);
        await visit.screenshot(`learning, ${name}`);
    });
}

test('learning is chosen and saved like anything else, and nobody is asked about it', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@2.16.0.1:5060' }]);
    const visit = await world.visit({ tab: 'activity' });
    await visit.settled();
    await visit.open('countries');
    await visit.page.locator('label[for=geoip-action-count]').click();
    await visit.toggle('FR');
    await visit.save();
    assert.equal(saved().action, 'count');
    await visit.status.getByText('Counting only: nothing is blocked').waitFor();
});

test('switched on by one click it drops, after the question whom that cuts off, on trial', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    const visit = await visitLearning();
    await learning(visit).getByRole('button', { name: 'Switch the filter on' }).click();
    await visit.dialog.getByText('1.0.2.2').waitFor();
    await visit.dialog.locator('button[value=""]').click();
    await visit.page.locator('#geoip-action-count:checked').waitFor({ state: 'attached' });
    assert.equal(saved().action, 'count', 'whoever does not want it is still learning');
    await learning(visit).getByRole('button', { name: 'Switch the filter on' }).click();
    await visit.dialog.locator('button[value=save]').click();
    await visit.page.getByRole('button', { name: 'Keep', exact: true }).click();
    await visit.status.getByText('4 countries blocked').waitFor();
    assert.equal(saved().action, 'drop');
    assert.equal(await learning(visit).isVisible(), false);
});

test('the list of who really talks to the PBX is put into the draft for review', async () => {
    world.pbx.register([{ Endpoint: '201', Uri: 'sip:201@1.0.2.2:5060' }]);
    const visit = await visitLearning({ from: '85.214.132.117' });
    await learning(visit).getByRole('button', { name: 'Block all other countries' }).click();
    assert.deepEqual(
        await Promise.all(['CN', 'DE', 'BR'].map((code) => visit.isBlockedOnMap(code))),
        [false, false, true],
    );
    assert.equal(saved().action, 'count', 'nothing is saved yet');
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('the list of a learning filter');
    await visit.save();
    const { action, countries } = saved();
    assert.deepEqual([action, countries.includes('DE'), countries.includes('BR')], ['drop', false, true]);
});

test('networks of yours are named, and no longer blocked with the list', async () => {
    world.pbx.learnNetworks();
    world.pbx.register([{ Endpoint: '202', Uri: 'sip:202@51.38.0.1:5060' }]);
    world.pbx.rest('Policy', 'patch', { networks: [14061, 16276] });
    const visit = await visitLearning();
    assert.match(await learning(visit).innerText(), /Networks of your phones and providers\s+AS16276 OVH SAS/);
    await learning(visit).getByRole('button', { name: 'Block all other countries' }).click();
    await learning(visit).getByText('your phones or providers were seen there: AS16276 OVH SAS.').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('networks of a learning filter');
    await visit.save();
    assert.deepEqual(saved().networks, [14061]);
});

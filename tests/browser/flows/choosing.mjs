// SPDX-License-Identifier: GPL-3.0-or-later

// A country is found and chosen in any way, by map, table, continent or list, and all of them show the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['CN', 'KP'] });

test('a country is found by its name in the language of the page, its own, the English one, and its code', async () => {
    const visit = await world.visit({ language: 'fr' });
    await visit.settled();
    for (const typed of ['allemagne', 'DEUTSCHLAND', 'germany', 'de', 'germny']) {
        assert.equal((await visit.search(typed))[0], 'DE', typed);
    }
    assert.deepEqual(await visit.search('中国'), ['CN']);
    assert.deepEqual(await visit.search('россия'), ['RU']);
});

test('what is found stands in view without scrolling, is counted, and lights up on the map', async () => {
    const visit = await world.visit();
    await visit.settled();
    assert.equal((await visit.search('england'))[0], 'GB');
    await visit.page.locator('#geoip-found', { hasText: 'found' }).waitFor();
    assert.equal(await visit.isClear('#geoip-state-GB'), true);
    const isLit = (code) => visit.page.locator(`#geoip-map path[data-code=${code}]`)
        .evaluate((shape) => getComputedStyle(shape).opacity === '1');
    assert.deepEqual([await isLit('GB'), await isLit('BR')], [true, false]);
    await visit.screenshot('search');
    await visit.search('');
    assert.equal(await isLit('BR'), true);
});

test('the table is sorted by a click on what a column is called', async () => {
    const visit = await world.visit();
    await visit.settled();
    const sort = (column) => visit.page.locator(`#geoip-table [data-column=${column}]`).click();
    await sort('status');
    await sort('status');
    assert.deepEqual((await visit.codes()).slice(0, 2).sort(), ['CN', 'KP']);
    assert.equal(await visit.page.locator('#geoip-table th[aria-sort=descending]').innerText(), 'Status');
    await sort('subnets');
    await sort('subnets');
    assert.equal((await visit.codes())[0], 'US');
});

test('only some countries are allowed: all others are blocked, with addresses of no country', async () => {
    const visit = await world.visit({ from: '85.214.132.117' });
    await visit.settled();
    for (const code of ['CN', 'KP']) {
        await visit.toggle(code);
    }
    await visit.page.locator('label[for=geoip-mode-allow]').click();
    await visit.page.locator('#geoip-mode-hint').waitFor();
    assert.equal(await visit.isBlockedOnMap('DE'), true, 'nothing was chosen, and nothing is');
    await visit.toggle('DE');
    await visit.toggle('AT');
    assert.deepEqual(await Promise.all(['DE', 'AT', 'FR'].map((code) => visit.isBlockedOnMap(code))), [false, false, true]);
    assert.equal(await visit.page.locator('#geoip-unknown').isChecked(), true);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('allow only');
    await visit.save();
    const { mode, countries, unknown } = world.pbx.rest('Policy', 'getList').data;
    assert.deepEqual([mode, countries, unknown], ['allow', ['AT', 'DE'], 'drop']);
    await visit.status.getByText('All but 2 countries blocked').waitFor();
    await visit.page.reload();
    await visit.settled();
    assert.equal(await visit.page.locator('#geoip-mode-allow').isChecked(), true);
    assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
});

test('accents and capitals do not matter to the search', async () => {
    const visit = await world.visit({ language: 'fr' });
    await visit.settled();
    for (const typed of ['perou', 'PÉROU', 'Perú']) {
        assert.deepEqual(await visit.search(typed), ['PE'], typed);
    }
    assert.deepEqual(await visit.search('turkiye'), ['TR']);
});

test('where nothing matches the page says so, and one click shows all again', async () => {
    const visit = await world.visit();
    await visit.settled();
    assert.deepEqual(await visit.search('atlantis'), []);
    await visit.page.locator('#geoip-no-match').waitFor();
    await visit.screenshot('search without a match');
    await visit.page.locator('#geoip-show-all').click();
    assert.ok((await visit.codes()).length >= 249);
});

test('the filter by status is remembered', async () => {
    const visit = await world.visit();
    await visit.settled();
    const kept = visit.page.waitForResponse((response) => response.request().method() === 'PATCH');
    await visit.page.locator('#geoip-filter [data-filter=blocked]').click();
    assert.deepEqual((await visit.codes()).sort(), ['CN', 'KP']);
    await kept;
    await visit.page.reload();
    await visit.settled();
    assert.deepEqual((await visit.codes()).sort(), ['CN', 'KP']);
    assert.equal(await visit.page.locator('[data-filter=blocked]').getAttribute('aria-pressed'), 'true');
    await visit.page.locator('#geoip-filter [data-filter=allowed]').click();
    assert.deepEqual(await visit.search('KP'), []);
});

test('map and table show the same, and a click on either toggles both', async () => {
    const visit = await world.visit();
    await visit.settled();
    assert.deepEqual([await visit.isBlockedOnMap('CN'), await visit.isBlockedOnMap('BR')], [true, false]);
    await visit.toggle('BR');
    assert.equal(await visit.isBlockedOnMap('BR'), true);
    const brazil = visit.page.locator('#geoip-map path[data-code=BR]');
    await brazil.click();
    assert.equal(await visit.isBlockedOnMap('BR'), false);
    assert.equal(await visit.page.locator('#geoip-box-BR').isChecked(), false);
    assert.equal(await visit.page.locator('#geoip-state-BR').textContent(), 'Allowed');
});

test('the map tells name, status and subnets of what the pointer is over', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.page.locator('#geoip-map path[data-code=CN]').hover();
    const tip = await visit.page.locator('#geoip-map-tip').innerText();
    assert.match(tip, /China/);
    assert.match(tip, /Blocked/);
    assert.match(tip, /\d,\d{3}/);
    await visit.screenshot('map with its tip');
    await visit.page.locator('h1').hover();
    assert.equal(await visit.page.locator('#geoip-map-tip').isHidden(), true);
});

test('what is blocked on the map shows by more than its colour', async () => {
    const visit = await world.visit();
    await visit.settled();
    const fill = (code) => visit.page.locator(`#geoip-map path[data-code=${code}]`)
        .evaluate((shape) => getComputedStyle(shape).fill);
    assert.match(await fill('CN'), /url\(.*#geoip-hatching/);
    assert.doesNotMatch(await fill('BR'), /url/);
});

test('a continent is blocked and allowed as a whole, and shows when only a part of it is', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.page.locator('#geoip-several summary').click();
    const box = visit.page.locator('#geoip-continent-AS');
    const state = () => box.evaluate(({ checked, indeterminate }) => [checked, indeterminate]);
    assert.deepEqual(await state(), [false, true], 'China and North Korea are a part of Asia');
    await visit.page.locator('label[for=geoip-continent-AS]').click();
    assert.deepEqual(await state(), [true, false]);
    assert.equal(await visit.isBlockedOnMap('IN'), true);
    await visit.page.locator('label[for=geoip-continent-AS]').click();
    assert.deepEqual(await state(), [false, false]);
    assert.equal(await visit.isBlockedOnMap('CN'), false);
});

test('several countries are chosen by a list of names; what is not understood stays to be corrected', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.page.locator('#geoip-several summary').click();
    await visit.page.locator('#geoip-several-names').fill('Vietnam, Россия; Côte d’Ivoire\nUS, Atlantis');
    await visit.page.locator('#geoip-several-block').click();
    for (const code of ['VN', 'RU', 'CI', 'US', 'CN']) {
        assert.equal(await visit.isBlockedOnMap(code), true, code);
    }
    assert.equal(await visit.page.locator('#geoip-several-names').inputValue(), 'Atlantis');
    assert.match(await visit.page.locator('#geoip-several-outcome').textContent(), /Atlantis/);
    await visit.screenshot('several by name');
    await visit.page.locator('#geoip-several-names').fill('china, north korea');
    await visit.page.locator('#geoip-several-allow').click();
    assert.equal(await visit.isBlockedOnMap('CN'), false);
});

for (const [word, blocked] of [['block', true], ['unblock', false]]) {
    test(`"${word} all" names its consequence and does nothing without a yes`, async () => {
        const visit = await world.visit();
        await visit.settled();
        await visit.page.locator(`#geoip-${word}-all`).click();
        assert.ok((await visit.dialog.locator('.content').innerText()).length > 40);
        assert.deepEqual(await visit.barriers(), []);
        await visit.screenshot(`${word} all`);
        await visit.page.keyboard.press('Escape');
        await visit.dialog.waitFor({ state: 'detached' });
        assert.deepEqual([await visit.isBlockedOnMap('CN'), await visit.isBlockedOnMap('BR')], [true, false]);
        await visit.page.locator(`#geoip-${word}-all`).click();
        await visit.dialog.locator(`button[value=${word}]`).click();
        assert.deepEqual([await visit.isBlockedOnMap('CN'), await visit.isBlockedOnMap('BR')], [blocked, blocked]);
    });
}

test('counters follow the choice: countries at once, kernel entries and memory from the PBX', async () => {
    const visit = await world.visit({ language: 'de' });
    await visit.settled();
    await visit.toggle('RU');
    assert.match(await visit.page.locator('#geoip-counters').innerText(), /\b3\b.*\b250\b/);
    const { entries } = world.pbx.rest('Policy', 'preview', { countries: ['CN', 'KP', 'RU'] }).data;
    await visit.open('settings');
    await visit.page.locator('#geoip-sizes summary').click();
    await visit.page.locator('#geoip-sizes:not(.geoip-outdated) dd').first().waitFor();
    const sizes = await visit.page.locator('#geoip-sizes').innerText();
    assert.ok(sizes.includes(entries.toLocaleString('de')), `${entries} in "${sizes}"`);
    assert.match(sizes, /\d\s+MB/);
});

test('a choice that is not saved is marked, can be dropped, and does not vanish with the page by a slip', async () => {
    const visit = await world.visit();
    await visit.settled();
    assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
    await visit.toggle('RU');
    assert.doesNotMatch(await visit.saveButton.getAttribute('class'), /disabled/);
    await visit.page.locator('#geoip-saving-note', { hasText: /\w/ }).waitFor();
    await visit.screenshot('unsaved changes');
    let asked = '';
    visit.page.once('dialog', (dialog) => {
        asked = dialog.type();
        dialog.dismiss();
    });
    await visit.page.evaluate(() => window.location.reload());
    await visit.page.waitForTimeout(300);
    assert.equal(asked, 'beforeunload');
    await visit.page.locator('#geoip-discard').click();
    assert.equal(await visit.isBlockedOnMap('RU'), false);
    assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
});

test('another source shows its own counts before it is saved', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.search('CN');
    const subnets = visit.page.locator('#geoip-table tbody tr td:nth-child(3)');
    const before = await subnets.textContent();
    await visit.open('settings');
    await visit.page.locator('#geoip-source').selectOption('rir');
    await visit.page.waitForFunction((old) => document.querySelector('#geoip-table tbody td:nth-child(3)').textContent !== old, before);
    await visit.page.locator('#geoip-source-note', { hasText: /\w/ }).waitFor();
});

test('while the map shows attempts a click changes nothing and says why', async () => {
    const visit = await world.visit();
    await visit.settled();
    await visit.page.locator('label[for=geoip-map-packets]').click();
    await visit.page.locator('#geoip-map path[data-code=BR]').click();
    assert.equal(await visit.isBlockedOnMap('BR'), false);
    await visit.page.locator('#geoip-map-caption.geoip-flash', { hasText: 'switch that off' }).waitFor();
});

test('on a telephone countries are chosen as on a desk', async () => {
    const visit = await world.visit({ viewport: NARROW, hasTouch: true });
    await visit.settled();
    await visit.search('germany');
    await visit.page.locator('#geoip-box-DE').tap();
    assert.equal(await visit.isBlockedOnMap('DE'), true);
    await visit.screenshot('choosing, narrow');
    assert.deepEqual(await visit.overflowing(), []);
});

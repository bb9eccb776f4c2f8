// SPDX-License-Identifier: GPL-3.0-or-later

// The page fits every window and direction, speaks the administrator's language and has no barriers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, WIDE } from '../support/cabinet.mjs';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['CN', 'KP', 'RU'], exceptions: ['203.0.113.0/24'] });

for (const [name, { direction, ...options }] of Object.entries({
    wide: { direction: 'ltr', viewport: WIDE },
    narrow: { direction: 'ltr', viewport: NARROW },
    'wide, Russian': { direction: 'ltr', viewport: WIDE, language: 'ru' },
    'wide, Persian': { direction: 'rtl', viewport: WIDE, language: 'fa' },
    'narrow, Hebrew': { direction: 'rtl', viewport: NARROW, language: 'he' },
})) {
    test(`the page fits its window, reads in its direction and has no barriers: ${name}`, async () => {
        const visit = await world.visit(options);
        await visit.settled();
        assert.equal(await visit.direction(), direction);
        for (const tab of ['countries', 'lists', 'activity', 'exceptions', 'settings']) {
            await visit.open(tab);
            await visit.screenshot(`page, ${name}, ${tab}`);
            assert.deepEqual(await visit.overflowing(), [], tab);
            assert.deepEqual(await visit.barriers(), [], tab);
        }
    });
}

test('a tab is remembered in the address, and reached by the arrow keys', async () => {
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    const open = () => visit.page.locator('#module-geoip [role=tabpanel]:visible').getAttribute('id');
    assert.equal(await open(), 'geoip-tab-exceptions');
    await visit.page.locator('#geoip-open-exceptions').focus();
    await visit.page.keyboard.press('ArrowRight');
    assert.equal(await open(), 'geoip-tab-settings');
    assert.match(visit.page.url(), /#settings$/);
    await visit.page.keyboard.press('ArrowRight');
    assert.equal(await open(), 'geoip-tab-countries');
    await visit.page.goBack();
    assert.equal(await open(), 'geoip-tab-settings');
    await visit.page.reload();
    await visit.settled();
    assert.equal(await open(), 'geoip-tab-settings');
});

for (const language of ['de', 'fa']) {
    test(`the open tab is in sight on a narrow screen: ${language}`, async () => {
        const visit = await world.visit({ language, viewport: NARROW, tab: 'settings' });
        const place = async () => {
            const { x, width } = await visit.page.locator('#geoip-open-settings').boundingBox();
            return [x >= 0, x + width <= NARROW.width];
        };
        assert.deepEqual(await place(), [true, true]);
        await visit.open('countries');
        await visit.page.keyboard.press('End');
        assert.deepEqual(await place(), [true, true]);
    });
}

for (const tab of ['countries', 'lists', 'activity', 'exceptions', 'settings']) {
    test(`a tab fits a screen: ${tab}`, async () => {
        const visit = await world.visit({ tab, viewport: { width: 1400, height: 900 } });
        await visit.settled();
        const height = await visit.page.evaluate(() => document.documentElement.scrollHeight);
        assert.ok(height <= 1000, `${height} px`);
    });
}

test('nothing comes from anywhere but the PBX', async () => {
    const visit = await world.visit();
    const elsewhere = [];
    visit.page.on('request', (request) => {
        if (!request.url().startsWith(new URL(world.pbx.url).origin) && !request.url().startsWith('data:')) {
            elsewhere.push(request.url());
        }
    });
    await visit.page.reload();
    await visit.settled();
    assert.deepEqual(elsewhere, []);
});

test('every word is translated: no key and no gap shows', async () => {
    const visit = await world.visit();
    await visit.settled();
    assert.doesNotMatch(await visit.page.locator('body').innerText(), /module_geoip_|%\w+%/);
    const attributes = await visit.page.locator('#module-geoip').evaluate((root) => root.outerHTML);
    assert.doesNotMatch(attributes, /module_geoip_[a-z]|"%\w+%"/);
});

test('every country has a flag and a name', async () => {
    const visit = await world.visit({ language: 'de' });
    await visit.settled();
    const rows = await visit.page.evaluate(() => [...document.querySelectorAll('#geoip-table tbody tr')].map((row) => {
        const flag = row.querySelector('i.flag');
        const before = getComputedStyle(flag, '::before');
        const has = [before.backgroundImage, getComputedStyle(flag).backgroundImage].some((image) => image !== 'none');
        return { text: row.cells[0].textContent.trim(), code: row.cells[1].textContent, has };
    }));
    assert.ok(rows.length >= 249);
    assert.deepEqual(rows.filter(({ has }) => !has).map(({ code }) => code), []);
    assert.deepEqual(rows.filter(({ text, code }) => text === '' || text === code), []);
    assert.equal(rows.find(({ code }) => code === 'DE').text, 'Deutschland');
});

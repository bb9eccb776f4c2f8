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
        await visit.screenshot(`page, ${name}`);
        assert.equal(await visit.direction(), direction);
        assert.deepEqual(await visit.overflowing(), []);
        assert.deepEqual(await visit.barriers(), []);
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
    const rows = await visit.page.evaluate(() => $('#geoip-table').DataTable().rows().nodes().toArray().map((row) => {
        const flag = row.querySelector('i.flag');
        document.body.append(row);
        const before = getComputedStyle(flag, '::before');
        const has = [before.backgroundImage, getComputedStyle(flag).backgroundImage].some((image) => image !== 'none');
        return { text: row.cells[0].textContent.trim(), code: row.cells[1].textContent, has };
    }));
    assert.ok(rows.length >= 249);
    assert.deepEqual(rows.filter(({ has }) => !has).map(({ code }) => code), []);
    assert.deepEqual(rows.filter(({ text, code }) => text === '' || text === code), []);
    assert.equal(rows.find(({ code }) => code === 'DE').text, 'Deutschland');
});

// SPDX-License-Identifier: GPL-3.0-or-later

// What gets lost or is refused between page and PBX is told, and nothing is saved twice.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

const saved = () => world.pbx.rest('Policy', 'getList').data;

/** Loses the next request of a verb, before or after it is done. */
function lose(verb, when) {
    writeFileSync(join(world.pbx.disk, `lost-${verb}`), when);
}

/** What is in the page's way, for the time of the visit. */
function answer(visit, resource, status, body = 'Security violation detected') {
    return visit.page.route(`**/module-geo-i-p/${resource}`, (route) => route.fulfill({
        status, contentType: 'text/html', body,
    }));
}

test('notes that look like an attack to the web firewall are previewed, saved and shown as they were written', async () => {
    const notes = [
        'Yealink firmware update server; set by us', 'Conference set, Lisbon; update it', '../../etc/passwd', '\' or 1=1 --',
        'select a phone from the shelf', '" or "', 'union  select', '<script>alert(1)</script>', '`id` $(id) | sh; %2e%2e%2f',
        'http://a.example/../b?c=1=1 update set', 'Zoë 😀 update\u00a0a set',
    ];
    const visit = await world.visit();
    await visit.settled();
    await visit.open('exceptions');
    await visit.page.locator('#geoip-import summary').click();
    await visit.page.locator('#geoip-import-list').fill(
        notes.map((note, index) => `203.0.113.${index} # ${note}`).join('\n'),
    );
    await visit.page.locator('#geoip-import-add').click();
    await visit.save();
    assert.deepEqual(saved().exceptions.map(({ note }) => note), notes);
    await visit.page.reload();
    await visit.settled();
    const shown = await visit.page.locator('#geoip-exceptions li').allTextContents();
    notes.forEach((note, index) => assert.ok(shown[index].includes(note), `${note}: ${shown[index]}`));
});

for (const [status, words] of [[403, 'refused this request (403)'], [429, 'Too many requests']]) {
    test(`a refusal of the web server without a word of the module, ${status}, is put into words`, async () => {
        const visit = await world.visit();
        await visit.settled();
        await answer(visit, 'addresses:explain*', status);
        visit.expectedFailures.add(`${status} GET addresses:explain`);
        await visit.open('exceptions');
        await visit.page.locator('#geoip-explain-address').fill('1.0.1.1');
        await visit.page.locator('#geoip-explain-address').press('Enter');
        await visit.page.locator('#geoip-explanation', { hasText: words }).waitFor();
    });
}

for (const when of ['before', 'after']) {
    test(`a save whose answer gets lost, ${when} it is done, is saved once`, async () => {
        const visit = await world.visit();
        await visit.settled();
        await visit.toggle('CN');
        visit.expectedFailures.add('400 PUT policy');
        lose('PUT', when);
        const before = world.pbx.events().length;
        await visit.save();
        assert.equal(existsSync(join(world.pbx.disk, 'lost-PUT')), false);
        assert.deepEqual(saved().countries, ['CN', 'KP']);
        assert.match(await visit.saveButton.getAttribute('class'), /disabled/);
        await visit.status.getByText('2 countries blocked').waitFor();
        const saves = world.pbx.events().slice(before).filter(({ type }) => type === 'module-geoip-policy');
        assert.equal(saves.length, 1, 'nobody saved it twice');
    });
}

test('a save that got lost while somebody else saved is put together with theirs, and overwrites nothing', async () => {
    const visit = await world.visit({ deaf: true });
    await visit.settled();
    await visit.toggle('CN');
    visit.expectedFailures.add('400 PUT policy');
    await visit.page.route('**/module-geo-i-p/policy', async (route) => {
        if (route.request().method() === 'PUT') {
            world.pbx.rest('Policy', 'patch', { countries: ['BR'] });
            lose('PUT', 'before');
        }
        await route.continue();
    });
    await visit.saveButton.click();
    await visit.page.locator('#geoip-saving-note', { hasText: 'added to theirs' }).waitFor();
    assert.deepEqual(saved().countries, ['BR'], 'nothing was overwritten');
    assert.equal(await visit.isBlockedOnMap('BR'), true);
});

for (const when of ['before', 'after']) {
    test(`a question that gets lost right after the module was switched on is asked again: ${when}`, async () => {
        const visit = await world.visit();
        await visit.settled();
        ['countries', 'status', 'activity'].forEach((resource) => visit.expectedFailures.add(`400 GET ${resource}`));
        visit.expectedFailures.add('400 POST policy:affected');
        lose('GET', when);
        lose('POST', when);
        await visit.page.reload();
        await visit.status.getByText('1 country blocked').waitFor({ timeout: 20000 });
        await visit.settled();
        await visit.toggle('CN');
        await visit.save();
        assert.deepEqual(saved().countries, ['CN', 'KP']);
    });
}

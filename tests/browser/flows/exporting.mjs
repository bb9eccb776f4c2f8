// SPDX-License-Identifier: GPL-3.0-or-later

// What is saved, as a file for another firewall.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { flow } from '../support/flow.mjs';
import { NARROW } from '../support/cabinet.mjs';

const world = flow({ countries: ['KP'] });

test('what to run is shown for each who takes the file, and it is downloaded by a click', async () => {
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    await visit.page.locator('#geoip-export summary').click();
    const about = (text) => visit.page.locator('#geoip-export-about', { hasText: text });
    await about('iptables -C INPUT -j GEOIP_HOST').waitFor();
    await visit.page.locator('#geoip-export-network').selectOption('bridge');
    await about('iptables -C DOCKER-USER -j GEOIP_HOST').waitFor();
    await visit.page.locator('#geoip-export-format').selectOption('nft');
    await about('nft -f geoip.nft').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    const coming = visit.page.waitForEvent('download');
    await visit.page.locator('#geoip-export-download').click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), 'geoip.nft');
    const text = readFileSync(await download.path(), 'utf8');
    assert.match(text, /hook forward/);
    assert.match(text, /175\.45\.176\.0/);
    await visit.page.locator('#geoip-export-format').selectOption('routeros v6');
    await about('/import file-name=geoip-v6.rsc').waitFor();
    assert.equal(await visit.page.locator('#geoip-export-network').isVisible(), false, 'it stands before the PBX');
});

test('the file is that of what is saved now, also on a narrow screen', async () => {
    const visit = await world.visit({ tab: 'settings', viewport: NARROW, language: 'de' });
    await visit.settled();
    await visit.page.locator('#geoip-export summary').click();
    const facts = visit.page.locator('#geoip-export-about dd').first();
    await facts.waitFor();
    const before = await facts.innerText();
    await visit.open('countries');
    await visit.toggle('CN');
    await visit.save();
    await visit.open('settings');
    await visit.page.waitForFunction(
        (former) => document.querySelector('#geoip-export-about dd').textContent !== former,
        before,
    );
    assert.deepEqual(await visit.overflowing(), []);
    await visit.screenshot('a file for another firewall, narrow, German');
});

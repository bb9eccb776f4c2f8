// SPDX-License-Identifier: GPL-3.0-or-later

// Takes the pictures of the guide into docs/pictures: the real page of a PBX that has been scanned for a while.

import { fileURLToPath } from 'node:url';
import { Cabinet } from './cabinet.mjs';
import { Pbx } from './pbx.mjs';

const PICTURES = fileURLToPath(new URL('../../../docs/pictures', import.meta.url));

const POLICY = {
    countries: ['BR', 'CN', 'ID', 'IR', 'KP', 'RU', 'VN'],
    exceptions: [{ subnet: '198.51.100.0/24', note: 'Office' }, { subnet: '203.0.113.7', note: 'Anna travels' }],
    lists: [{ id: 'my-scanners', text: '5.8.8.8\n185.53.88.0/24' }],
    networks: [14061, 16276, 24940],
};

/** Attempts by address. */
const KNOCKS = { '1.0.1.1': 37, '5.8.8.8': 23, '51.68.0.7': 18, '186.192.80.1': 12, '2001:da8::7': 9, '175.45.176.1': 5 };

const pbx = new Pbx();
pbx.install();
pbx.act('enable');
pbx.act('reloadFirewall');
pbx.learnNetworks();
const { trial } = pbx.rest('Policy', 'patch', POLICY).data;
if (trial) {
    pbx.rest('Policy', 'confirm', { token: trial.token });
}
pbx.learnList('spamhaus-drop', '5.8.8.0/24\n1.0.1.0/24');
Object.entries(KNOCKS).forEach(([address, packets]) => pbx.knock(address, packets));
pbx.act('record', 'Extensions', { number: '202', callerid: 'Anna' });
pbx.register([{ Endpoint: '202', Uri: 'sip:202@85.214.132.117:5060' }]);
await pbx.serve();
const cabinet = await Cabinet.open(pbx);

/** A visit to a tab; the page of the tests is older than its data, of which nothing is said here. */
async function visit(tab, viewport) {
    const visit = await cabinet.visit({
        tab,
        viewport,
        watch: (page) => page.route(/module-geo-i-p\/status(\?|$)/, async (route) => {
            const response = await route.fetch();
            const json = await response.json();
            json.data.warnings = json.data.warnings.filter(({ code }) => code !== 'database.stale');
            await route.fulfill({ response, json });
        }),
    });
    await visit.settled();
    return visit;
}

async function take(name, tab, { width = 1280, height = null, prepare = () => {} } = {}) {
    const seen = await visit(tab, { width, height: height ?? 900 });
    await prepare(seen);
    if (height === null) {
        const whole = await seen.page.evaluate(() => document.documentElement.scrollHeight);
        await seen.page.setViewportSize({ width, height: whole });
    }
    await seen.page.screenshot({ path: `${PICTURES}/${name}.png` });
    await seen.page.context().close();
}

await take('page', 'countries', { height: 980 });
await take('phone', 'countries', { width: 360, height: 1200 });
await take('lists', 'lists', { prepare: ({ page }) => page.locator('#geoip-networks').getByText('OVH').waitFor() });
await take('activity', 'activity');
await take('addresses', 'exceptions', {
    prepare: async ({ page }) => {
        await page.locator('#geoip-explain-address').fill('1.0.1.1');
        await page.locator('#geoip-explain-address').press('Enter');
        await page.locator('#geoip-explanation .message').waitFor();
        await page.locator('#geoip-order summary').click();
    },
});
await take('question', 'countries', {
    height: 860,
    prepare: async (seen) => {
        await seen.toggle('DE');
        await seen.saveButton.click();
        await seen.dialog.locator('tbody tr').waitFor();
    },
});
await cabinet.close();
pbx.destroy();

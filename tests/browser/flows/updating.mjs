// SPDX-License-Identifier: GPL-3.0-or-later

// An update shows how far it is, and one that fails says why and leaves what is in force.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

/** Where the PBX's way out leads to: nowhere, as long as nobody listens there. */
const PROXY_PORT = 9;

async function untilNoUpdateRuns() {
    while (world.pbx.update().state === 'running') {
        await sleep(200);
    }
}

/** Lets `then` run while whoever asks for something on the network gets no answer. */
async function onASilentNetwork(then) {
    const sockets = new Set();
    const silence = createServer((socket) => sockets.add(socket.on('error', () => {})));
    await new Promise((listening) => { silence.listen(PROXY_PORT, '127.0.0.1', listening); });
    try {
        await then();
    } finally {
        silence.close();
        sockets.forEach((socket) => socket.destroy());
    }
}

test('an update that fails tells what failed, why, and that what is in force stays', async () => {
    world.pbx.rest('Policy', 'patch', { source: 'ipdeny' });
    await untilNoUpdateRuns();
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    await visit.page.locator('#geoip-update').click();
    const outcome = visit.page.locator('#geoip-update-outcome .negative');
    await outcome.waitFor();
    assert.match(await outcome.innerText(), /cannot be reached.*The data in use stays/s);
    await visit.page.locator('#geoip-update').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('update failed');
    await untilNoUpdateRuns();
});

test('once another source is chosen, the failure of the former is nobody\'s trouble any more', async () => {
    world.pbx.rest('Policy', 'patch', { source: 'ipdeny' });
    await untilNoUpdateRuns();
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    const outcome = visit.page.locator('#geoip-update-outcome');
    await outcome.getByText('cannot be reached').waitFor();
    await visit.page.locator('#geoip-source').selectOption('dbip');
    await visit.save();
    await outcome.getByText('cannot be reached').waitFor({ state: 'detached' });
    assert.equal(world.pbx.update().state, 'failed', 'it is still on record');
});

test('an update that runs shows how far it is, also to who comes late, and its end', async () => {
    const visit = await world.visit({ tab: 'settings' });
    await visit.settled();
    const bar = visit.page.locator('#geoip-progress [role=progressbar]');
    await onASilentNetwork(async () => {
        await visit.page.locator('#geoip-update').click();
        await bar.waitFor();
        assert.equal(await visit.page.locator('#geoip-update').isHidden(), true, 'one update at a time');

        const late = await world.visit({ tab: 'settings' });
        await late.settled();
        await late.page.locator('#geoip-progress [role=progressbar]').waitFor();
        assert.deepEqual(await late.barriers(), []);

        // The update waits for the network; what it wrote down is moved on for it.
        const record = join(world.pbx.disk, 'mikopbx/geoip-filter/update-status.json');
        const advanced = { ...JSON.parse(readFileSync(record, 'utf8')), stage: 'download', percent: 40 };
        writeFileSync(record, JSON.stringify(advanced));
        world.pbx.publish('module-geoip-update', advanced);
        await visit.page.locator('#geoip-progress [aria-valuenow="40"]').waitFor();
        // It moves there.
        await visit.page.waitForFunction(() => {
            const whole = document.querySelector('#geoip-progress [role=progressbar]');
            return Math.abs(whole.querySelector('.bar').offsetWidth / whole.clientWidth - 0.4) < 0.03;
        });
        assert.match(await visit.page.locator('#geoip-progress-label').innerText(), /Downloading.*40\s*%/);
        await visit.screenshot('update running');
    });
    await bar.waitFor({ state: 'hidden' });
    await visit.page.locator('#geoip-update-outcome', { hasText: /\w/ }).waitFor();
    await untilNoUpdateRuns();
});

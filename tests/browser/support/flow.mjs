// SPDX-License-Identifier: GPL-3.0-or-later

import { after, afterEach, before } from 'node:test';
import { Cabinet } from './cabinet.mjs';
import { Pbx } from './pbx.mjs';

/** Addresses by the data of the tests. */
export const ADDRESS = { CN: '1.0.1.1', KP: '175.45.176.1' };

/**
 * A PBX with a browser before it, for the tests of one file; they leave it as `reset` wants it.
 *
 * @param {object} policy the saved policy that every test begins with
 */
export function flow(policy = {}) {
    const world = {
        /** Opens the page; it is closed, and judged, when the test ends. */
        async visit(options) {
            const visit = await world.cabinet.visit(options);
            world.visits.push(visit);
            return visit;
        },
        visits: [],
    };
    const reset = () => {
        world.pbx.register([]);
        const { trial } = world.pbx.rest('Policy', 'patch', {
            source: 'dbip',
            mode: 'block',
            countries: [],
            exceptions: [],
            lists: [],
            networks: [],
            action: 'drop',
            keepPhones: false,
            statusFilter: 'all',
            confirmEvery: false,
            weeklySummary: false,
            networkSource: 'dbip-asn',
            ...policy,
        }).data;
        if (trial) {
            world.pbx.rest('Policy', 'confirm', { token: trial.token });
        }
    };

    before(async () => {
        world.pbx = new Pbx();
        world.pbx.install();
        world.pbx.act('enable');
        world.pbx.act('reloadFirewall');
        reset();
        await world.pbx.serve();
        world.cabinet = await Cabinet.open(world.pbx);
    });

    afterEach(async () => {
        try {
            for (const visit of world.visits) {
                await visit.leave();
            }
        } finally {
            world.visits.length = 0;
            reset();
        }
    });

    after(async () => {
        await world.cabinet?.close();
        world.pbx?.destroy();
    });

    return world;
}

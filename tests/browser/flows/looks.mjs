// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cabinet, NARROW, WIDE } from '../support/cabinet.mjs';
import { Pbx } from '../support/pbx.mjs';

let pbx;
let cabinet;

before(async () => {
    pbx = new Pbx();
    pbx.install();
    pbx.act('enable');
    pbx.act('reloadFirewall');
    pbx.rest('Policy', 'patch', { countries: ['CN', 'KP', 'RU'], allow: ['203.0.113.0/24'] });
    await pbx.serve();
    cabinet = await Cabinet.open(pbx);
});

after(async () => {
    await cabinet.close();
    pbx.destroy();
});

for (const [name, options] of Object.entries({
    wide: { viewport: WIDE },
    narrow: { viewport: NARROW },
    persian: { viewport: WIDE, language: 'fa' },
    'hebrew, narrow': { viewport: NARROW, language: 'he' },
})) {
    test(`the page has no barriers and fits its window: ${name}`, async () => {
        const visit = await cabinet.visit(options);
        await visit.page.getByText('KP', { exact: true }).first().waitFor();
        await visit.screenshot(`page, ${name}`);
        assert.deepEqual(await visit.barriers(), []);
        assert.equal(await visit.overflows(), false);
        await visit.leave();
    });
}

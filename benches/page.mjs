// SPDX-License-Identifier: GPL-3.0-or-later

// Opens the module's page again and again in a browser that has nothing of it yet, and prints as JSON, for each time, how long
// it took until everything was shown and what it asked for: `{milliseconds, frame, requests, files, data, kilobytes}`. `frame`
// is the time of the same page without the module's scripts and styles, which is Core's share and the floor.
//
//   node benches/page.mjs RUNS
//
// GEOIP_TEST_TREE is the module's tree. Needs root and a network of its own, like the tests in tests/browser, whose PBX this is.

import { Cabinet } from '../tests/browser/support/cabinet.mjs';
import { Pbx } from '../tests/browser/support/pbx.mjs';

const OF_OURS = /\/cache\/ModuleGeoIP\//;
const TYPES = { js: 'text/javascript', css: 'text/css' };
const ANSWERS = ['/status?', '/countries?', '/activity?', '/policy:affected'];
const DATA = /\/pbxcore\/api\//;

/** The milliseconds of the page until Core's part of it is done. */
async function measureFrame(cabinet) {
    const visit = await cabinet.visit({
        watch: (page) => Promise.all(Object.entries(TYPES).map(([ending, contentType]) => page.route(
            `**/cache/ModuleGeoIP/**.${ending}`,
            (route) => route.fulfill({ body: '', contentType }),
        ))),
    });
    const { loadEventEnd } = await visit.page.evaluate(() => performance.getEntriesByType('navigation')[0].toJSON());
    await visit.leave();
    return loadEventEnd;
}

async function measure(cabinet) {
    const asked = [];
    let answers = null;
    const visit = await cabinet.visit({
        watch: (page) => {
            page.on('requestfinished', (request) => asked.push(request));
            answers = Promise.all(ANSWERS.map((resource) => page.waitForResponse((answer) => answer.url().includes(resource))));
        },
    });
    await answers;
    await visit.settled();
    const milliseconds = await visit.page.evaluate(() => performance.now());
    const sizes = await Promise.all(asked.map((request) => request.sizes()));
    const of = (pattern) => asked.filter((request) => pattern.test(request.url())).length;
    await visit.leave();
    return {
        milliseconds,
        frame: await measureFrame(cabinet),
        requests: asked.length,
        files: of(OF_OURS),
        data: of(DATA),
        kilobytes: sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) / 1000,
    };
}

const pbx = new Pbx();
let cabinet = null;
try {
    pbx.install();
    pbx.act('enable');
    pbx.act('reloadFirewall');
    pbx.rest('Policy', 'patch', { countries: ['CN', 'KP'] });
    await pbx.serve();
    cabinet = await Cabinet.open(pbx);
    const runs = [];
    // The first is not counted: whatever PHP and the browser keep is not there yet.
    for (let run = 0; run <= Number(process.argv[2] ?? 7); run += 1) {
        runs.push(await measure(cabinet));
    }
    console.log(JSON.stringify(runs.slice(1)));
} finally {
    await cabinet?.close();
    pbx.destroy();
}

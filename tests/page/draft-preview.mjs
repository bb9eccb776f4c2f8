// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';

import { DraftPreview } from '../../module/public/assets/js/pure/draft-preview.js';
import { Draft } from '../../module/public/assets/js/pure/draft.js';

const PAUSE = 500;

let draft;
let preview;

/** What the PBX was asked, oldest first: `{countries, answer, fail}`. */
let questions;

beforeEach(({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    questions = [];
    draft = new Draft((code) => [code]);
    preview = new DraftPreview(draft, ({ countries }) => new Promise((answer, fail) => {
        questions.push({ countries, answer, fail });
    }));
    draft.load({ source: 'dbip', mode: 'block', countries: [], exceptions: [], lists: [], networks: [], unknown: 'pass', action: 'drop' });
    draft.loadCountries(['CN', 'DE', 'KP'].map((code) => ({ code })));
    preview.isWanted = true;
});

test('the PBX is asked at once when somebody looks, and then when somebody who is choosing pauses', ({ mock }) => {
    mock.timers.tick(0);
    assert.deepEqual(questions.map(({ countries }) => countries), [[]]);
    draft.toggle('CN');
    mock.timers.tick(PAUSE - 1);
    draft.toggle('KP');
    mock.timers.tick(PAUSE - 1);
    assert.equal(questions.length, 1);
    mock.timers.tick(1);
    assert.deepEqual(questions.map(({ countries }) => countries), [[], ['CN', 'KP']]);
});

test('an answer is outdated from a change until its own answer', async ({ mock }) => {
    draft.toggle('CN');
    assert.ok(preview.isOutdated);
    mock.timers.tick(PAUSE);
    draft.toggle('KP');
    mock.timers.tick(PAUSE);
    questions[1].answer({ entries: 2 });
    await settled();
    assert.ok(!preview.isOutdated);
    questions[0].answer({ entries: 1 });
    await settled();
    assert.deepEqual(preview.answer, { entries: 2 }, 'the answer that was overtaken does not count');
});

test('a policy whose answer is known is not asked about again', async ({ mock }) => {
    mock.timers.tick(PAUSE);
    questions[0].answer({ entries: 0 });
    await settled();
    draft.setBlocked([], true);
    mock.timers.tick(PAUSE);
    assert.equal(questions.length, 1);
});

test('a question that failed leaves no answer, and none is awaited', async ({ mock }) => {
    mock.timers.tick(PAUSE);
    questions[0].answer({ entries: 0 });
    await settled();
    draft.toggle('CN');
    mock.timers.tick(PAUSE);
    questions[1].fail(new Error('no data'));
    await settled();
    assert.deepEqual([preview.answer, preview.isOutdated], [null, false]);
});

test('while nobody looks nothing is asked', ({ mock }) => {
    mock.timers.tick(PAUSE);
    preview.isWanted = false;
    draft.toggle('CN');
    mock.timers.tick(PAUSE);
    assert.equal(questions.length, 1);
});

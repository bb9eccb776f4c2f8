// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';

import { ApiError } from '../../module/public/assets/js/pure/api-error.js';
import { retry } from '../../module/public/assets/js/pure/retry.js';

const PAUSE = 3000;

/** Answers with what is at hand, the last of it again and again; an error is thrown. */
function answering(...answers) {
    const attempt = async () => {
        attempt.count += 1;
        const answer = answers[Math.min(attempt.count, answers.length) - 1];
        if (answer instanceof Error) {
            throw answer;
        }
        return answer;
    };
    attempt.count = 0;
    return attempt;
}

async function pass(mock, pauses) {
    for (let pause = 0; pause < pauses; pause += 1) {
        await settled();
        mock.timers.tick(PAUSE);
    }
    await settled();
}

test('what fails is done again after a pause, until it succeeds', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const attempt = answering(new Error('first'), new Error('second'), 'done');
    let waits = 0;
    const result = retry(attempt, { attempts: 9, isWorthwhile: () => true, onWait: () => { waits += 1; } });
    await pass(mock, 1);
    assert.equal(attempt.count, 2);
    await pass(mock, 1);
    assert.equal(await result, 'done');
    assert.equal(waits, 2);
});

test('after the last attempt the last failure is told', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const attempt = answering(new Error('first'), new Error('second'), new Error('third'), 'too late');
    const result = assert.rejects(retry(attempt, { attempts: 3, isWorthwhile: () => true }), /third/);
    await pass(mock, 3);
    await result;
    assert.equal(attempt.count, 3);
});

test('what is not worthwhile is not done again', async () => {
    const attempt = answering(new Error('refused'));
    await assert.rejects(retry(attempt, { attempts: 3, isWorthwhile: () => false }), /refused/);
    assert.equal(attempt.count, 1);
});

test('an error tells whether it was done, may be done soon, or was refused', () => {
    const kinds = ['isConflict', 'isRefusal', 'isNotReady', 'isLost', 'isNotBegun'];
    for (const [status, code, expected] of [
        [0, null, ['isNotReady']],
        [200, null, []],
        [400, null, ['isNotReady', 'isLost']],
        [403, null, []],
        [404, null, ['isNotReady', 'isNotBegun']],
        [409, null, ['isConflict']],
        [409, 'data.missing', []],
        [422, null, ['isRefusal']],
        [502, null, ['isNotReady']],
        [503, null, ['isNotReady', 'isNotBegun']],
        [503, 'state.locked', []],
    ]) {
        const error = new ApiError('', status, code);
        assert.deepEqual(kinds.filter((kind) => error[kind]), expected, `${status} ${code}`);
    }
});

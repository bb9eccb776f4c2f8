// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LEVELS, levelOf } from '../../module/public/assets/js/pure/levels.js';

test('few packets are told from many although they differ by powers of ten', () => {
    assert.deepEqual([1, 30, 1000, 30000, 1e6].map((packets) => levelOf(packets, 1e6)), LEVELS);
});

test('a country without packets has no level, the one with the most has the last, be it a single packet', () => {
    assert.deepEqual([levelOf(0, 0), levelOf(0, 1e6), levelOf(1, 1)], [null, null, LEVELS.at(-1)]);
});

// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { shortSubnet } from '../../module/public/assets/js/pure/subnet.js';

test('a person reads a single address without its length, and a subnet with it', () => {
    for (const [written, shown] of [
        ['198.51.100.7/32', '198.51.100.7'],
        ['198.51.100.7', '198.51.100.7'],
        ['198.51.100.0/24', '198.51.100.0/24'],
        ['2001:db8::1/128', '2001:db8::1'],
        ['2001:db8::/32', '2001:db8::/32'],
    ]) {
        assert.equal(shortSubnet(written), shown);
    }
});

// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseSubnet, shortSubnet } from '../../module/public/assets/js/pure/addresses.js';

test('a subnet is written as the PBX writes it, a single address with its full length', () => {
    for (const [typed, written] of [
        ['198.51.100.0/24', '198.51.100.0/24'],
        ['198.51.100.0/024', '198.51.100.0/24'],
        ['198.51.100.7', '198.51.100.7/32'],
        ['198.51.100.7/32', '198.51.100.7/32'],
        ['2001:db8::/32', '2001:db8::/32'],
        ['2001:DB8::1', '2001:DB8::1/128'],
        ['::ffff:192.0.2.1', '::ffff:192.0.2.1/128'],
        ['0.0.0.0/0', '0.0.0.0/0'],
    ]) {
        assert.equal(parseSubnet(typed), written);
    }
});

test('what is no subnet is taken for none', () => {
    for (const typed of [
        '', '198.51.100', '198.51.100.256', '198.051.100.1', '198.51.100.7 ', '198.51.100.0/33', '198.51.100.0/',
        '198.51.100.0/-1', '198.51.100.0/24/24', '198.51.100.0/1e1', '2001:db8::/129', '2001:db8:::1', '[2001:db8::1]',
        'fe80::1%eth0', '12345', 'example.org',
    ]) {
        assert.equal(parseSubnet(typed), null, typed);
    }
});

test('a person reads a single address without its length, and a subnet with it', () => {
    for (const [written, shown] of [
        ['198.51.100.7/32', '198.51.100.7'],
        ['198.51.100.0/24', '198.51.100.0/24'],
        ['2001:db8::1/128', '2001:db8::1'],
        ['2001:db8::/32', '2001:db8::/32'],
    ]) {
        assert.equal(shortSubnet(written), shown);
    }
});

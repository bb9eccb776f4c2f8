// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byContinent } from '../../module/public/assets/js/pure/country-groups.js';

const COUNTRIES = [
    { code: 'CN', continent: 'AS' },
    { code: 'DE', continent: 'EU' },
    { code: 'KP', continent: 'AS' },
    { code: 'ZZ', continent: undefined },
];

test('each country stands with its continent, one without any with none', () => {
    assert.deepEqual([...byContinent(COUNTRIES)], [['AS', ['CN', 'KP']], ['EU', ['DE']]]);
});

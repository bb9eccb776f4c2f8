// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byContinent, findByNames } from '../../module/public/assets/js/pure/country-groups.js';

const COUNTRIES = [
    { code: 'CN', continent: 'AS', names: ['china', 'cn'] },
    { code: 'DE', continent: 'EU', names: ['germany', 'deutschland', 'de'] },
    { code: 'KP', continent: 'AS', names: ['northkorea', 'kp'] },
    { code: 'ZZ', continent: undefined, names: ['zz'] },
];

test('each country stands with its continent, one without any with none', () => {
    assert.deepEqual([...byContinent(COUNTRIES)], [['AS', ['CN', 'KP']], ['EU', ['DE']]]);
});

test('countries are found by any of their names, once each, and what is unknown is kept as it was typed', () => {
    assert.deepEqual(
        findByNames('Deutschland; north-korea,,\n DE \n Atlantis ,Chin', COUNTRIES),
        { codes: ['DE', 'KP'], unknown: ['Atlantis', 'Chin'] },
    );
});

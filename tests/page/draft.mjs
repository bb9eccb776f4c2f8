// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Draft } from '../../module/public/assets/js/pure/draft.js';

const SAVED = {
    source: 'dbip', mode: 'block', countries: ['CN', 'KP'], exceptions: [], unknown: 'allow', action: 'drop', revision: 'a',
};

/** A draft of a saved policy, beside a source that holds these countries. */
function draftOf(policy = {}, codes = ['CN', 'DE', 'KP']) {
    const draft = new Draft((code) => [code]);
    draft.load({ ...SAVED, ...policy });
    draft.loadCountries(codes.map((code) => ({ code })));
    return draft;
}

test('what was changed and changed back needs no save', () => {
    const draft = draftOf();
    const changes = [
        [() => draft.toggle('DE'), () => draft.toggle('DE')],
        [() => draft.setAction('count'), () => draft.setAction('drop')],
        [() => draft.setSource('rir'), () => draft.setSource('dbip')],
        [
            () => draft.addExceptions([{ subnet: '198.51.100.0/24', note: '', expires_at: null }]),
            () => draft.removeException('198.51.100.0/24'),
        ],
    ];
    for (const [change, changeBack] of changes) {
        change();
        assert.ok(draft.isDirty, String(change));
        changeBack();
        assert.ok(!draft.isDirty, String(changeBack));
    }
});

test('another note, another end, or the removal of an exception is a change', () => {
    const exception = { subnet: '198.51.100.0/24', note: 'the office', expires_at: null };
    for (const other of [{ note: 'the new office' }, { expires_at: '2099-01-01T00:00:00Z' }]) {
        const draft = draftOf({ exceptions: [exception] });
        draft.addExceptions([{ ...exception, ...other }]);
        assert.ok(draft.isDirty);
        assert.equal(draft.exceptions.length, 1);
    }
    const draft = draftOf({ exceptions: [exception] });
    draft.removeException(exception.subnet);
    assert.ok(draft.isDirty);
});

test('a timed exception that ends meanwhile is neither a change nor sent', ({ mock }) => {
    mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-06-15T10:00:00Z') });
    const draft = draftOf({ exceptions: [{ subnet: '198.51.100.0/24', note: '', expires_at: '2026-06-15T10:30:00Z' }] });
    assert.equal(draft.toPolicy().exceptions.length, 1);
    mock.timers.tick(30 * 60e3);
    assert.ok(!draft.isDirty);
    assert.deepEqual(draft.toPolicy().exceptions, []);
});

test('time that passes is told while an exception has an end, and not without', () => {
    for (const [end, changes] of [['2099-01-01T00:00:00Z', 1], [null, 0]]) {
        const draft = draftOf({ exceptions: [{ subnet: '198.51.100.0/24', note: '', expires_at: end }] });
        let told = 0;
        draft.addEventListener('change', () => {
            told += 1;
        });
        draft.passTime();
        assert.equal(told, changes);
    }
});

test('a code that the chosen source does not hold is not sent', () => {
    const draft = draftOf({ countries: ['CN', 'XK'] });
    assert.deepEqual(draft.toPolicy().countries, ['CN']);
    assert.ok(!draft.isDirty);
});

test('a policy that names whom it lets in blocks all others that the source holds, once they are known', () => {
    const draft = new Draft((code) => [code]);
    draft.load({ ...SAVED, mode: 'allow', countries: ['DE'] });
    assert.equal(draft.blockedCount, 0);
    draft.loadCountries(['CN', 'DE', 'KP'].map((code) => ({ code })));
    assert.deepEqual(draft.toPolicy().countries, ['CN', 'KP']);
    assert.ok(!draft.isDirty);
});

test('countries that arrive late leave alone what somebody has chosen meanwhile', () => {
    const draft = draftOf();
    draft.setBlocked(['CN'], false);
    draft.loadCountries(['CN', 'DE', 'KP', 'RU'].map((code) => ({ code })));
    assert.deepEqual(draft.toPolicy().countries, ['KP']);
});

test('what somebody else saved is replaced by the draft as it is, or not at all', () => {
    const draft = draftOf();
    draft.toggle('DE');
    draft.supersede({ ...SAVED, countries: [], revision: 'b' });
    assert.equal(draft.revision, 'b');
    assert.deepEqual(draft.toPolicy().countries, ['CN', 'DE', 'KP']);
    draft.discard();
    assert.deepEqual(draft.toPolicy().countries, []);
    assert.ok(!draft.isDirty);
});

// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Draft } from '../../module/public/assets/js/pure/draft.js';

const SAVED = {
    source: 'dbip',
    mode: 'block',
    countries: ['CN', 'KP'],
    exceptions: [],
    lists: [],
    networks: [],
    unknown: 'pass',
    action: 'drop',
    admin: null,
    keepPhones: false,
    revision: 'a',
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
        [() => draft.setRestricted('web', true), () => draft.setRestricted('web', false)],
        [() => draft.setNetworksBlocked([64496, 16276], true), () => draft.setNetworksBlocked([16276, 64496], false)],
        [() => draft.addList({ id: 'spamhaus-drop' }), () => draft.removeList('spamhaus-drop')],
        [() => draft.setKeepsPhones(true), () => draft.setKeepsPhones(false)],
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

test('a block list is used or not, and one of one\'s own is another with another content', () => {
    const mine = { id: 'mine', text: '198.51.100.7' };
    const draft = draftOf({ lists: [{ id: 'spamhaus-drop' }, mine] });
    assert.deepEqual(draft.toPolicy().lists, [{ id: 'spamhaus-drop' }, mine]);
    draft.removeList('mine');
    draft.addList({ ...mine, text: '203.0.113.7' });
    assert.ok(draft.isDirty);
    const theirs = { ...SAVED, lists: [{ id: 'spamhaus-drop' }, { ...mine, text: '203.0.113.9' }], revision: 'b' };
    assert.deepEqual(draft.merge(theirs).map(({ part }) => part), ['list mine']);
    draft.load({ ...SAVED, lists: [{ id: 'apiban', key: '***' }] });
    draft.removeList('apiban');
    draft.addPublishedList('apiban');
    assert.ok(!draft.isDirty, 'the key that is stored is not lost');
    draft.addList({ id: 'apiban', key: '12ab34cd' });
    assert.ok(draft.isDirty);
    draft.load(theirs);
    draft.addList({ id: 'theirs', url: 'https://lists.example/' });
    assert.deepEqual(draft.merge({ ...theirs, lists: [], revision: 'c' }), [], 'what each did is put together');
    assert.deepEqual(draft.lists.map(({ id }) => id), ['theirs']);
});

test('a save whose answer got lost is recognised although secrets are not shown', () => {
    const draft = draftOf();
    draft.addList({ id: 'apiban', key: '12ab34cd' });
    draft.addList({ id: 'mine', url: 'https://anna:word@lists.example/a?key=1' });
    const shown = { ...SAVED, lists: [{ id: 'apiban', key: '***' }, { id: 'mine', url: 'https://***@lists.example/a?***' }] };
    assert.ok(draft.mayBeSavedAs(shown));
    assert.ok(!draft.isSavedAs(shown));
    assert.ok(!draft.mayBeSavedAs({ ...shown, lists: [shown.lists[0]] }));
    draft.load(shown);
    draft.removeList('mine');
    assert.ok(draft.knowsList('mine'), 'another one needs another name until that is saved');
});

test('nothing is chosen only where neither a country nor a list nor a network is', () => {
    assert.ok(draftOf({ countries: [] }).isEmpty);
    assert.ok(!draftOf({ countries: [], lists: [{ id: 'mine' }] }).isEmpty);
    assert.ok(!draftOf({ countries: [], networks: [16276] }).isEmpty);
});

test('networks that two administrators chose are put together', () => {
    const draft = draftOf({ networks: [14061, 16276] });
    draft.setNetworksBlocked([16276], false);
    draft.setNetworksBlocked([8560], true);
    assert.deepEqual(draft.networks, [8560, 14061]);
    assert.deepEqual(draft.merge({ ...SAVED, networks: [14061, 16276, 24940], revision: 'b' }), []);
    assert.deepEqual(draft.toPolicy().networks, [8560, 14061, 24940]);
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

test('a host and a phone are exceptions like a subnet, and their addresses are no part of the settings', () => {
    const host = { host: 'anna.example.net', note: 'at home', expires_at: null };
    const phone = { phone: '202', note: 'Anna', expires_at: '2099-01-01T00:00:00Z' };
    const draft = draftOf();
    draft.addExceptions([host, phone]);
    assert.ok(draft.hasException('anna.example.net') && draft.hasException('202'));
    assert.deepEqual(draft.toPolicy().exceptions, [host, phone]);
    draft.removeException('anna.example.net');
    draft.removeException('202');
    assert.ok(!draft.isDirty);
});

test('whether phones keep their way is put together with what another administrator changed', () => {
    const draft = draftOf();
    draft.setKeepsPhones(true);
    assert.deepEqual(draft.merge({ ...SAVED, countries: ['CN'], revision: 'b' }), []);
    assert.deepEqual([draft.toPolicy().keepPhones, draft.toPolicy().countries], [true, ['CN']]);
});

test('an exception that is over by the browser is kept and sent: the clock of the PBX decides', () => {
    const over = { subnet: '198.51.100.0/24', note: '', expires_at: '2020-01-01T00:00:00Z' };
    const draft = draftOf({ exceptions: [over] });
    assert.ok(!draft.isDirty);
    assert.deepEqual(draft.toPolicy().exceptions, [over]);
});

test('a code that the chosen source does not hold is not sent', () => {
    const draft = draftOf({ countries: ['CN', 'XK'] });
    assert.deepEqual(draft.toPolicy().countries, ['CN']);
    assert.ok(!draft.isDirty);
});

test('a policy that names whom it allows blocks all others, and stays such a policy', () => {
    const draft = draftOf({ mode: 'allow', countries: ['DE'], unknown: 'drop' });
    assert.deepEqual([draft.isBlocked('CN'), draft.isBlocked('DE')], [true, false]);
    assert.deepEqual([draft.isChosen('CN'), draft.isChosen('DE')], [false, true]);
    assert.ok(!draft.isDirty);
    draft.toggle('KP');
    const { mode, countries, unknown } = draft.toPolicy();
    assert.deepEqual([mode, countries, unknown], ['allow', ['DE', 'KP'], 'drop']);
});

test('another way to choose leaves every country as it is, and turned back it is no change', () => {
    const draft = draftOf();
    draft.setMode('allow');
    assert.deepEqual([draft.isBlocked('CN'), draft.isBlocked('DE')], [true, false]);
    assert.deepEqual(draft.toPolicy().countries, ['DE']);
    assert.ok(draft.isDirty);
    draft.setMode('block');
    assert.ok(!draft.isDirty);
});

test('where nothing is chosen, another way to choose chooses nothing either', () => {
    const draft = draftOf({ countries: [] });
    draft.setMode('allow');
    assert.deepEqual([draft.toPolicy().countries, draft.blockedCount], [[], 3]);
    draft.setMode('block');
    assert.deepEqual([draft.toPolicy().countries, draft.blockedCount], [[], 0]);
});

test('addresses of no country are blocked only where that can be chosen', () => {
    const draft = draftOf();
    draft.setBlocksUnknown(true);
    assert.deepEqual([draft.canBlockUnknown, draft.blocksUnknown, draft.toPolicy().unknown], [false, false, 'pass']);
    draft.setAllBlocked(true);
    assert.deepEqual([draft.canBlockUnknown, draft.blocksUnknown, draft.toPolicy().unknown], [true, true, 'drop']);
    draft.setBlocksUnknown(false);
    assert.equal(draft.toPolicy().unknown, 'pass');
    draft.setMode('allow');
    assert.ok(draft.blocksUnknown);
});

test('what a REST client saved stays where the page offers no choice', () => {
    const draft = draftOf({ unknown: 'drop' });
    assert.ok(!draft.isDirty);
    draft.toggle('DE');
    draft.toggle('KP');
    assert.equal(draft.toPolicy().unknown, 'drop');
});

test('countries that arrive late leave alone what somebody has chosen meanwhile', () => {
    const draft = draftOf();
    draft.setBlocked(['CN'], false);
    draft.loadCountries(['CN', 'DE', 'KP', 'RU'].map((code) => ({ code })));
    assert.deepEqual(draft.toPolicy().countries, ['KP']);
});

test('changes of two administrators are put together, and where they collide somebody decides', () => {
    const office = { subnet: '198.51.100.0/24', note: 'office', expires_at: null };
    const theirs = { ...SAVED, countries: ['CN', 'KP', 'DE'], exceptions: [office], action: 'count', revision: 'b' };
    const draft = draftOf();
    draft.toggle('KP');
    draft.addExceptions([{ ...office, note: 'my office' }]);
    const collisions = draft.merge(theirs);
    assert.deepEqual(collisions.map(({ part }) => part), ['exception 198.51.100.0/24']);
    assert.equal(draft.revision, 'b');
    const { countries, action, exceptions } = draft.toPolicy();
    assert.deepEqual([countries, action, exceptions[0].note.trim()], [['CN', 'DE'], 'count', 'office']);
    draft.keepMine(collisions);
    assert.equal(draft.toPolicy().exceptions[0].note.trim(), 'my office');
    draft.discard();
    assert.ok(draft.isSavedAs(theirs));
});

test('an exception that one removed and another changed is decided, not lost', () => {
    const exception = { subnet: '198.51.100.0/24', note: '', expires_at: null };
    const draft = draftOf({ exceptions: [exception] });
    draft.removeException(exception.subnet);
    const collisions = draft.merge({ ...SAVED, exceptions: [{ ...exception, note: 'needed' }], revision: 'b' });
    assert.equal(collisions[0].mine, undefined);
    assert.equal(draft.exceptions.length, 1);
    draft.keepMine(collisions);
    assert.equal(draft.exceptions.length, 0);
});

test('countries that arrive late leave notes as they are', () => {
    const exception = { subnet: '198.51.100.0/24', note: 'http://wiki/office', expires_at: null };
    const draft = draftOf({ exceptions: [exception] });
    draft.toggle('DE');
    draft.loadCountries(['CN', 'DE', 'KP'].map((code) => ({ code })));
    assert.deepEqual(draft.exceptions, [exception]);
    draft.toggle('DE');
    assert.ok(!draft.isDirty);
});

test('who may administer is sent with what is restricted, and is no matter where nothing is', () => {
    const draft = draftOf();
    draft.setMayAdminister(['DE', 'AT'], true);
    assert.ok(!draft.isDirty, 'nothing is restricted');
    draft.setRestricted('web', true);
    assert.deepEqual(draft.toPolicy().admin, { countries: ['AT', 'DE'], services: ['web'] });
    assert.ok(draft.isDirty);
    draft.setRestricted('web', false);
    assert.equal(draft.toPolicy().admin, null);
    draft.setRestricted('consoles', true);
    draft.setMayAdminister(['AT'], false);
    assert.deepEqual(draft.toPolicy().admin, { countries: ['DE'], services: ['consoles'] }, 'the list stayed meanwhile');
});

test('all countries blocked or allowed leaves who may administer as it is', () => {
    const admin = { countries: ['DE'], services: ['web'] };
    const draft = draftOf({ admin });
    draft.setAllBlocked(true);
    assert.deepEqual(draft.toPolicy().admin, admin);
    draft.setAllBlocked(false);
    assert.deepEqual(draft.toPolicy().admin, admin);
});

test('who may administer, chosen by two administrators, is put together', () => {
    const admin = { countries: ['DE'], services: ['web'] };
    const draft = draftOf({ admin });
    draft.setMayAdminister(['AT'], true);
    draft.setRestricted('consoles', true);
    const theirs = { ...SAVED, admin: { countries: ['CH', 'DE'], services: ['web'] }, revision: 'b' };
    assert.deepEqual(draft.merge(theirs), []);
    assert.deepEqual(draft.toPolicy().admin, { countries: ['AT', 'CH', 'DE'], services: ['consoles', 'web'] });
});

test('a restriction that one lifted and another extended is nobody\'s to lose', () => {
    const draft = draftOf({ admin: { countries: ['DE'], services: ['web'] } });
    draft.setMayAdminister(['AT'], true);
    draft.merge({ ...SAVED, admin: null, revision: 'b' });
    assert.equal(draft.toPolicy().admin, null);
    draft.setRestricted('web', true);
    assert.deepEqual(draft.adminCountries, ['AT']);
});

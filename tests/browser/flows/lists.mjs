// SPDX-License-Identifier: GPL-3.0-or-later

// Block lists: chosen, one's own, and what is said of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

const SCANNER = '8.8.8.8';

/** A list that is in use. */
const MINE = { id: 'mine', text: `${SCANNER}\n9.9.9.0/24` };

/** What becomes of an address. */
const verdict = (address) => world.pbx.rest('Addresses', 'explain', { address }).data.addresses[0].verdict;

const saved = () => world.pbx.rest('Policy', 'getList').data.lists;

/** Opens the form for a list of one's own. */
async function open(visit) {
    if (!await visit.page.locator('#geoip-list-name').isVisible()) {
        await visit.page.locator('#geoip-list-add summary').click();
    }
}

/** Keeps what was saved on trial. */
async function keep(visit) {
    const button = visit.page.locator('#geoip-confirming').getByRole('button', { name: 'Keep', exact: true });
    await button.click();
    await button.waitFor({ state: 'detached' });
}

/** Fills in the form for a list of one's own. */
async function add(visit, name, { url = '', text = '' }) {
    await open(visit);
    await visit.page.locator('#geoip-list-name').fill(name);
    await visit.page.locator('#geoip-list-from').selectOption(url === '' ? 'text' : 'url');
    await visit.page.locator(url === '' ? '#geoip-list-content' : '#geoip-list-url').fill(url || text);
    await visit.page.locator('#geoip-list-form button').click();
}

const own = (visit) => visit.page.locator('#geoip-lists-own li');

test('a pasted list is in force once it is saved, and removed by a click', async () => {
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await add(visit, 'My scanners', { text: MINE.text });
    assert.match(await own(visit).innerText(), /my-scanners.*Pasted.*Not downloaded yet/s);
    assert.deepEqual(await visit.barriers(), []);
    await visit.save();
    assert.deepEqual(saved(), [{ id: 'my-scanners', text: MINE.text }]);
    assert.equal(verdict(SCANNER), 'drop');
    await own(visit).getByText('2 entries').waitFor();
    await visit.status.getByText('1 block list in use').waitFor();
    await visit.screenshot('a block list of one\'s own');
    await visit.page.getByRole('button', { name: 'Remove my-scanners' }).click();
    await visit.save();
    assert.deepEqual(saved(), []);
    assert.equal(verdict(SCANNER), 'pass');
});

test('published lists are shown with what is in them, their terms, and whether they could be had', async () => {
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    const drop = visit.page.locator('#geoip-lists li', { hasText: 'Spamhaus DROP' });
    await drop.getByText('Published by The Spamhaus Project. Free for everybody who names Spamhaus.').waitFor();
    assert.match(await drop.getByRole('link', { name: 'Terms of use' }).getAttribute('href'), /^https:\/\/www\.spamhaus\.org\//);
    await drop.getByRole('checkbox').check();
    // There is no network here.
    await visit.saveButton.click();
    await visit.dialog.getByText('A block list that is to be used has not been downloaded yet.').waitFor();
    await visit.screenshot('a block list that cannot be had');
    await visit.dialog.locator('button[value=save]').click();
    await keep(visit);
    assert.deepEqual(saved(), [{ id: 'spamhaus-drop' }]);
    await drop.locator('.geoip-error', { hasText: 'Not downloaded yet.' }).waitFor();
    await visit.status.getByText('A block list that is to be used has not been downloaded yet.').waitFor();
    await drop.getByRole('checkbox').uncheck();
    await visit.save();
});

test('whoever of yours is on a list is named before it is put in force', async () => {
    world.pbx.register([{ Endpoint: '202', Uri: `sip:202@${SCANNER}:5060` }]);
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await add(visit, 'mine', { text: MINE.text });
    await visit.saveButton.click();
    const row = visit.dialog.getByRole('row', { name: 'Phone 202' });
    await row.getByText('Block list mine').waitFor();
    assert.equal(await visit.dialog.locator('button[value=allow]').count(), 0, 'its country is not what blocks it');
    await visit.screenshot('a phone on a block list');
    await visit.dialog.locator('button[value=except]').click();
    await visit.page.locator('#geoip-saving-note.geoip-good').waitFor();
    assert.equal(verdict(SCANNER), 'pass');
    assert.equal(verdict('9.9.9.9'), 'drop');
});

test('what cannot be a list stays to be corrected', async () => {
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    const error = visit.page.locator('#geoip-list-error');
    for (const [name, list, words] of [
        ['***', { text: SCANNER }, 'needs a name'],
        ['mine', { url: 'lists.example/mine.txt' }, 'begins with https'],
        ['Spamhaus DROP', { text: SCANNER }, 'already in the list'],
        ['empty', { text: '   ' }, 'at least one address'],
    ]) {
        await add(visit, name, list);
        await error.getByText(words).waitFor();
        assert.equal(await visit.page.locator('#geoip-list-name').inputValue(), name);
    }
    assert.equal(await own(visit).count(), 0);
    await add(visit, 'mine', { text: 'nobody\nnothing\n' });
    assert.equal(await error.innerText(), '');
    visit.expectedFailures.add('422 POST lists:download').add('422 PUT policy');
    await visit.saveButton.click();
    await visit.dialog.getByText('line 1: it names no address').waitFor();
    await visit.dialog.locator('button[value=save]').click();
    await visit.page.locator('#geoip-saving-note.geoip-error', { hasText: 'Not saved' }).waitFor();
    assert.deepEqual(saved(), []);
});

test('where lists alone are used the page does not say that nothing is blocked', async () => {
    world.pbx.rest('Policy', 'patch', { countries: [], lists: [MINE] });
    const visit = await world.visit();
    await visit.settled();
    await visit.status.getByText('Only listed attackers are blocked').waitFor();
    await visit.status.getByRole('link', { name: '1 block list in use' }).click();
    await own(visit).getByText('2 entries').waitFor();
});

test('a list that needs a key asks for it, and does not show it again', async () => {
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    const apiban = visit.page.locator('#geoip-lists li', { hasText: 'APIBAN' });
    await apiban.getByRole('checkbox').check();
    await apiban.getByText('This list needs your key').waitFor();
    await apiban.getByLabel('Your key').fill('12ab34cd56ef');
    await visit.page.keyboard.press('Tab');
    await apiban.getByText('never shown again').waitFor();
    assert.deepEqual(await visit.barriers(), []);
    await visit.saveButton.click();
    await visit.dialog.locator('button[value=save]').click();
    await keep(visit);
    assert.deepEqual(saved(), [{ id: 'apiban', key: '***' }]);
    assert.equal(await apiban.getByLabel('Your key').inputValue(), '');
    await visit.screenshot('a block list with a key');
});

test('a key in a web address is not shown again, and a list that is left alone keeps it', async () => {
    const url = 'https://anna:word@lists.example/mine.txt?key=secret';
    world.pbx.rest('Policy', 'patch', { lists: [{ id: 'secret-list', url }, { ...MINE, id: 'pasted' }] });
    const visit = await world.visit({ tab: 'lists' });
    await visit.settled();
    await own(visit).getByText('https://***@lists.example/mine.txt?***').waitFor();
    assert.doesNotMatch(await visit.page.content(), /key=secret|word@/);
    await visit.page.getByRole('button', { name: 'Remove pasted' }).click();
    await visit.saveButton.click();
    await visit.dialog.locator('button[value=save]').click();
    await keep(visit);
    assert.deepEqual(saved(), [{ id: 'secret-list', url: 'https://***@lists.example/mine.txt?***' }]);
});

test('it works by the keyboard, on a narrow screen and from right to left', async () => {
    const visit = await world.visit({ tab: 'lists', viewport: NARROW, language: 'fa' });
    await visit.settled();
    const { keyboard } = visit.page;
    await open(visit);
    await visit.page.locator('#geoip-list-name').focus();
    await keyboard.type('mine');
    await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    await keyboard.press('Tab');
    await keyboard.type(SCANNER);
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.equal(await own(visit).count(), 1);
    assert.deepEqual(await visit.overflowing(), []);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('block lists, narrow, Persian');
});

// SPDX-License-Identifier: GPL-3.0-or-later

// Exceptions have notes and ends, come from a list or a file, and end by themselves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW } from '../support/cabinet.mjs';
import { ADDRESS, flow } from '../support/flow.mjs';

const world = flow({ countries: ['KP'] });

const saved = () => world.pbx.rest('Policy', 'getList').data.exceptions;

const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

test('an exception is saved with its note and its end, and shows what is left of its time', async () => {
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    await visit.page.locator('#geoip-exception').fill('203.0.113.7');
    await visit.page.locator('#geoip-exception-note').fill('HTTP: Zoë <b>travels</b>');
    await visit.page.locator('#geoip-exception-end').selectOption({ label: 'in 1 day' });
    await visit.page.locator('#geoip-exception').press('Enter');
    const item = visit.page.locator('#geoip-exceptions li');
    assert.match(await item.innerText(), /203\.0\.113\.7\s+HTTP: Zoë <b>travels<\/b>\s+Expires: in 24 hours \(/);
    assert.equal(await visit.page.locator('#geoip-exception-end').inputValue(), '', 'the next one never ends');
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('an exception with an end');
    await visit.save();
    const [{ subnet, note, expires_at: expires }] = saved();
    assert.deepEqual([subnet, note], ['203.0.113.7/32', 'HTTP: Zoë <b>travels</b>']);
    assert.ok(Math.abs(Date.parse(expires) - Date.now() - 86400e3) < 60e3, expires);
    await visit.page.reload();
    assert.match(await item.innerText(), /HTTP: Zoë <b>travels<\/b>\s+Expires: in 24 hours/);
});

test('an exception that stands in the list already is told so, however it is written', async () => {
    world.pbx.rest('Policy', 'patch', { exceptions: ['198.51.100.0/24', '2001:db8::1', '203.0.113.7'] });
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    const input = visit.page.locator('#geoip-exception');
    const error = visit.page.locator('#geoip-exception-error');
    for (const [typed, known] of [
        ['198.51.100.7/24', '198.51.100.0/24'], ['2001:DB8::0:1', '2001:db8::1'], ['::ffff:203.0.113.7', '203.0.113.7'],
    ]) {
        await input.fill(typed);
        await input.press('Enter');
        await error.getByText(`${known} is already in the list`).waitFor();
    }
    assert.equal(await visit.page.locator('#geoip-exceptions li').count(), 3);
});

test('an address that passes for a time is explained with its end', async () => {
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    await visit.page.locator('#geoip-exception').fill(ADDRESS.KP);
    await visit.page.locator('#geoip-exception-end').selectOption({ label: 'in 1 day' });
    await visit.page.locator('#geoip-exception').press('Enter');
    await visit.save();
    await visit.page.locator('#geoip-explain-address').fill(ADDRESS.KP);
    await visit.page.locator('#geoip-explain-address').press('Enter');
    const explanation = visit.page.locator('#geoip-explanation');
    await explanation.getByText('Expires: in 24 hours').waitFor();
    assert.match(await explanation.innerText(), new RegExp(`\\s${ADDRESS.KP}/32\\s+Expires: in 24 hours \\(`));
    await visit.screenshot('an exception explained');
});

test('an end on a date is chosen by the clock of the browser, and must lie ahead', async () => {
    const visit = await world.visit({ tab: 'exceptions', timezoneId: 'Asia/Tokyo' });
    await visit.settled();
    await visit.page.locator('#geoip-exception').fill('203.0.113.7');
    await visit.page.locator('#geoip-exception-end').selectOption('date');
    const date = visit.page.locator('#geoip-exception-date');
    await date.fill('2020-01-01T12:00');
    await visit.page.locator('#geoip-exception').press('Enter');
    await visit.page.locator('#geoip-exception-error', { hasText: 'This time has passed already.' }).waitFor();
    assert.equal(await date.getAttribute('aria-invalid'), 'true');
    assert.deepEqual(await visit.barriers(), []);
    await date.fill('2099-01-01T12:00');
    await visit.page.locator('#geoip-exception').press('Enter');
    await visit.save();
    assert.equal(saved()[0].expires_at, '2099-01-01T03:00:00Z');
});

test('a list is imported line by line, and wrong lines are named and stay', async () => {
    const visit = await world.visit({ tab: 'exceptions', timezoneId: 'Europe/Berlin' });
    await visit.settled();
    await visit.page.locator('#geoip-import summary').click();
    const list = visit.page.locator('#geoip-import-list');
    await list.fill([
        '198.51.100.0/24 # the office', '', '# a remark', '2001:db8::/32 2099-06-30', '203.0.113.7 12h # Anna, Lisbon',
        '10.0.0.300', '203.0.113.8 soon', '203.0.113.9 2020-01-01', '203.0.113.10 2099-02-31', '203.0.113.11 3d more',
    ].join('\r\n'));
    await visit.page.locator('#geoip-import-add').click();
    await visit.page.locator('#geoip-import-outcome', { hasText: /^Added: 3$/ }).waitFor();
    const errors = await visit.page.locator('#geoip-import-errors li').allTextContents();
    assert.deepEqual(errors.map((error) => error.match(/^Line (\d+): /)[1]), ['1', '2', '3', '4', '5']);
    assert.match(errors[0], /10\.0\.0\.300/);
    assert.match(errors[1], /"soon" is not a time/);
    assert.match(errors[2], /passed/);
    assert.equal((await list.inputValue()).split('\n').length, 5);
    assert.deepEqual(await visit.barriers(), []);
    await visit.screenshot('a list with wrong lines');
    await visit.save();
    const facts = saved().map(({ subnet, note, expires_at: expires }) => [subnet, note, expires?.slice(0, 4) ?? null]);
    assert.deepEqual(facts.slice(0, 2), [
        ['198.51.100.0/24', 'the office', null],
        ['2001:db8::/32', '', '2099'],
    ]);
    assert.deepEqual(facts[2].slice(0, 2), ['203.0.113.7/32', 'Anna, Lisbon']);
    assert.equal(saved()[1].expires_at, '2099-06-30T21:59:59Z', 'a day counts to its last second');
});

test('a list comes from a file too, on a narrow screen', async () => {
    const visit = await world.visit({ tab: 'exceptions', viewport: NARROW });
    await visit.settled();
    await visit.page.locator('#geoip-import summary').click();
    await visit.page.locator('#geoip-import-file').setInputFiles({
        name: 'exceptions.txt', mimeType: 'text/plain', buffer: Buffer.from('198.51.100.0/24 1w # Бюро\n'),
    });
    await visit.page.waitForFunction(() => document.getElementById('geoip-import-list').value !== '');
    await visit.page.locator('#geoip-import-add').click();
    assert.match(await visit.page.locator('#geoip-exceptions li').innerText(), /Бюро\s+Expires: in 7 days/);
    assert.deepEqual(await visit.barriers(), []);
    assert.deepEqual(await visit.overflowing(), []);
    await visit.screenshot('a list from a file, narrow');
});

test('an exception that ends while the page is open hinders no save, and is gone after it', async () => {
    world.pbx.rest('Policy', 'patch', { exceptions: [{ subnet: '203.0.113.7', note: 'soon over', expires_at: inSeconds(8) }] });
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    await visit.page.locator('#geoip-exceptions li', { hasText: 'soon over' }).waitFor();
    await visit.page.waitForTimeout(9000);
    await visit.toggle('CN');
    await visit.save();
    assert.deepEqual(saved(), []);
    assert.equal(await visit.page.locator('#geoip-exceptions li').count(), 0);
});

test('an address with a timed exception is explained as such', async () => {
    world.pbx.rest('Policy', 'patch', { exceptions: [{ subnet: '175.45.176.0/24', note: '', expires_at: inSeconds(600) }] });
    const visit = await world.visit({ tab: 'exceptions' });
    await visit.settled();
    await visit.page.locator('#geoip-explain-address').fill('175.45.176.1');
    await visit.page.locator('#geoip-explain-address').press('Enter');
    await visit.page.locator('#geoip-explanation', { hasText: 'for a limited time' }).waitFor();
});

test('a host is saved by its name, and shown with its addresses and with what name servers do not say', async () => {
    await world.pbx.knowingHosts(`${ADDRESS.KP} anna.example.net\n2001:250::1 anna.example.net\n10.0.0.7 office.example.net\n`, async () => {
        const visit = await world.visit({ tab: 'exceptions', viewport: NARROW });
        await visit.settled();
        const input = visit.page.locator('#geoip-exception');
        await input.fill('Anna.Example.net. anna');
        await visit.page.locator('#geoip-exception-note').fill('Anna at home');
        await input.press('Enter');
        await visit.page.locator('#geoip-exception-error').getByText('"anna" is neither').waitFor();
        await input.fill('office.example.net nobody.example.net');
        await input.press('Enter');
        const item = (name) => visit.page.locator('#geoip-exceptions li', { hasText: name });
        assert.match(await item('anna.example.net').innerText(), /Anna at home\s+Its addresses are looked up once/);
        await visit.save();
        await item('anna.example.net').getByText('Addresses now: ').waitFor();
        const anna = await item('anna.example.net').innerText();
        assert.match(anna, new RegExp(`Addresses now: ${ADDRESS.KP}.*2001:250::/64`));
        assert.match(anna, /the whole \/64 network is allowed.*\s+Looked up: 1 minute ago/);
        assert.match(await item('office.example.net').innerText(), /private addresses\. They change nothing/);
        assert.match(await item('nobody.example.net').innerText(), /The name server has not answered since /);
        assert.match(await visit.status.innerText(), /The name server does not answer about a host/);
        assert.deepEqual(saved().map(({ host, note }) => [host, note])[0], ['anna.example.net', 'Anna at home']);
        assert.deepEqual(await visit.barriers(), []);
        assert.deepEqual(await visit.overflowing(), []);
        await visit.screenshot('hosts among the exceptions, narrow');
        await visit.page.locator('#geoip-explain-address').fill(ADDRESS.KP);
        await visit.page.locator('#geoip-explain-address').press('Enter');
        const explanation = visit.page.locator('#geoip-explanation');
        await explanation.getByText('It belongs to a host among the exceptions.').waitFor();
        assert.match(await explanation.innerText(), /anna\.example\.net/);
    });
});

test('phones keep their way where the administrator wants it, and one of them loses it', async () => {
    world.pbx.act('record', 'Extensions', { number: '202', callerid: 'Anna' });
    world.pbx.register([{ Endpoint: '202', Uri: `sip:202@${ADDRESS.KP}:5060` }]);
    const visit = await world.visit({ tab: 'exceptions', viewport: NARROW });
    await visit.settled();
    await visit.page.locator('#geoip-keep-phones').focus();
    await visit.page.keyboard.press('Space');
    await visit.save();
    const item = visit.page.locator('#geoip-phones li');
    await item.waitFor();
    assert.match(await item.innerText(), new RegExp(`Phone 202 Anna\\s+${ADDRESS.KP}\\s+North Korea\\s+Gets in since: .*\\s+Registered\\s+Expires: in 24 hours`));
    assert.match(await visit.status.innerText(), /Phones that keep their way: 1/);
    assert.deepEqual(await visit.barriers(), []);
    assert.deepEqual(await visit.overflowing(), []);
    await visit.screenshot('phones that keep their way, narrow');
    await item.getByRole('button', { name: 'Revoke' }).press('Enter');
    await visit.page.locator('#geoip-phones-outcome', { hasText: 'Phone 202 Anna no longer gets in this way.' }).waitFor();
    await item.waitFor({ state: 'detached' });
    await visit.status.getByText('Phone 202 Anna is blocked').waitFor();
});

test('a phone that is blocked is let in until a date that the administrator chooses', async () => {
    world.pbx.act('record', 'Extensions', { number: '204', callerid: 'Boris' });
    world.pbx.register([{ Endpoint: '204', Uri: `sip:204@${ADDRESS.KP}:5060` }]);
    const visit = await world.visit({ language: 'fa', viewport: NARROW });
    await visit.settled();
    await visit.status.locator('button').nth(1).click();
    assert.equal(await visit.page.locator('#geoip-exception').inputValue(), 'phone:204');
    await visit.page.locator('#geoip-exception-date').fill('2099-01-01T12:00');
    await visit.page.locator('#geoip-exception-form button').click();
    await visit.page.locator('#geoip-exceptions li').waitFor();
    assert.deepEqual(saved(), [], 'it is drafted, and Save decides');
    await visit.save();
    assert.deepEqual(saved().map(({ phone, note }) => [phone, note]), [['204', 'Boris']]);
    await visit.page.locator('#geoip-phones li', { hasText: ADDRESS.KP }).waitFor();
    assert.match(await visit.page.locator('#geoip-exceptions li').innerText(), new RegExp(ADDRESS.KP.replaceAll('.', '\\.')));
    assert.deepEqual(await visit.barriers(), []);
    assert.deepEqual(await visit.overflowing(), []);
    await visit.screenshot('a phone let in until a date, from the right');
});

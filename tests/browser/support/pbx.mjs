// SPDX-License-Identifier: GPL-3.0-or-later

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
    appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, symlinkSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PHP_TESTS = join(ROOT, 'tests/php');

/** The checksum that seals the helper's records. */
function crc32(text) {
    let crc = ~0;
    for (const byte of Buffer.from(text)) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit += 1) {
            crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc >>> 0;
}

/** This machine's name, as the helper's file carries it. */
export const MACHINE = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];

/**
 * A PBX for a browser to look at: a directory as its disk, the namespaces that we run in as its kernel,
 * PHP's built-in server as its web server. Acts of Core run as the PHP tests run them.
 */
export class Pbx {
    disk = mkdtempSync(join(tmpdir(), 'geoip-pbx-'));

    /** Variables for everything that runs on this PBX. */
    environment;

    #server = null;

    constructor() {
        for (const directory of ['mikopbx/custom_modules', 'mikopbx/tmp', 'php.d', 'www']) {
            mkdirSync(join(this.disk, directory), { recursive: true });
        }
        writeFileSync(
            join(this.disk, 'php.d/test.ini'),
            `include_path = "${PHP_TESTS}/doubles"\nerror_reporting = -1\ndisplay_errors = stderr\n`,
        );
        this.environment = {
            PATH: process.env.PATH,
            GEOIP_TEST_PBX: this.disk,
            GEOIP_CORE_SOURCE: process.env.GEOIP_CORE_SOURCE ?? '',
            PHP_INI_SCAN_DIR: `:${this.disk}/php.d`,
            PHP_CLI_SERVER_WORKERS: '4',
            https_proxy: 'http://127.0.0.1:9',
        };
        this.act('prepare');
    }

    /** Takes a tool away, as on a system that lacks it, and gives it back. */
    async without(tool, then) {
        const path = execFileSync('sh', ['-c', 'command -v "$0"', tool], { encoding: 'utf8' }).trim();
        execFileSync('mount', ['--bind', join(this.disk, 'php.d/test.ini'), path]);
        try {
            await then();
        } finally {
            execFileSync('umount', [path]);
        }
    }

    /** Lets the PBX know hosts by lines of `/etc/hosts`, and no name server that answers, for the time of `then`. */
    async knowingHosts(lines, then) {
        const files = { hosts: lines, 'resolv.conf': 'nameserver 127.0.0.1\n' };
        Object.entries(files).forEach(([name, text]) => {
            writeFileSync(join(this.disk, name), text);
            execFileSync('mount', ['--bind', join(this.disk, name), `/etc/${name}`]);
        });
        try {
            await then();
        } finally {
            Object.keys(files).forEach((name) => execFileSync('umount', [`/etc/${name}`]));
        }
    }

    /** Has the helper reach the kernel's sets by the ipset tool alone for the time of `then`. */
    async byTool(then) {
        const bin = join(this.disk, 'mikopbx/custom_modules/ModuleGeoIP/bin');
        const name = `geoip-helper-${MACHINE}`;
        const [helper, real, sums] = [name, 'helper', 'geoip-helper.sha256'].map((file) => join(bin, file));
        const known = readFileSync(sums, 'utf8');
        renameSync(helper, real);
        const script = `#!/bin/sh\nGEOIP_SET_BACKEND=ipset exec ${real} "$@"\n`;
        writeFileSync(helper, script, { mode: 0o755 });
        writeFileSync(sums, `${createHash('sha256').update(script).digest('hex')}  ${name}\n`);
        try {
            await then();
        } finally {
            renameSync(real, helper);
            writeFileSync(sums, known);
        }
    }

    /** The module's files where Core unpacks them; with `live` those of the page are the source's own. */
    install({ live = false } = {}) {
        const module = join(this.disk, 'mikopbx/custom_modules/ModuleGeoIP');
        cpSync(process.env.GEOIP_TEST_TREE, module, { recursive: true });
        for (const part of live ? ['App', 'Lib', 'public'] : []) {
            rmSync(join(module, part), { recursive: true });
            symlinkSync(join(ROOT, 'module', part), join(module, part));
        }
        const { done, messages } = this.act('install');
        if (!done) {
            throw new Error(messages.join('\n'));
        }
    }

    /** What Core does, by the name of a method of tests/php/support/Core.php. */
    act(method, ...parameters) {
        const command = [join(PHP_TESTS, 'support/act.php'), method, JSON.stringify(parameters)];
        return JSON.parse(execFileSync('php', command, { env: this.environment, cwd: '/' }));
    }

    rest(resource, action, data = {}, from = '198.51.100.7') {
        return this.act('rest', resource, action, data, { remote_addr: from, user_name: 'other-admin' });
    }

    /** Has somebody at an address send packets to the PBX, each of which would begin a connection. */
    knock(address, packets = 1) {
        execFileSync('python3', [join(ROOT, 'tests/knock.py'), address, String(packets)]);
    }

    /** Gives the PBX the data that tells networks, which it would download. */
    learnNetworks() {
        this.#help('networks', { files: [join(ROOT, 'target/data/dbip-asn-lite.csv.gz')] });
    }

    /** Has a published list downloaded, with such content, which the saved policy need not use. */
    learnList(id, text) {
        const file = join(this.disk, 'list.txt');
        writeFileSync(file, text);
        this.#help('lists', { lists: [{ id, file }] });
    }

    /** Asks the helper as the module does, once it has ended what runs in the background. */
    #help(operation, request) {
        for (let wait = 0; wait < 100 && this.update().state === 'running'; wait += 1) {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        }
        const helper = join(this.disk, `mikopbx/custom_modules/ModuleGeoIP/bin/geoip-helper-${MACHINE}`);
        const state = join(this.disk, 'mikopbx/geoip-filter');
        execFileSync(helper, ['--state-dir', state, operation], {
            env: this.environment,
            input: JSON.stringify({ v: 1, ...request }),
        });
    }

    /** Whom Asterisk has registered: `{Endpoint, Uri}` each. */
    register(contacts) {
        writeFileSync(join(this.disk, 'contacts.json'), JSON.stringify(contacts));
    }

    /** The record of the update that runs or ran last. */
    update() {
        return this.rest('Update', 'getList').data;
    }

    async serve(port = 8080) {
        const log = openSync(join(this.disk, 'web-server.log'), 'a');
        const router = fileURLToPath(new URL('../cabinet/router.php', import.meta.url));
        this.#server = spawn('php', ['-S', `127.0.0.1:${port}`, router], {
            env: this.environment,
            cwd: '/',
            stdio: ['ignore', log, log],
            // Its workers end with it.
            detached: true,
        });
        this.url = `http://127.0.0.1:${port}/admin-cabinet/module-geo-i-p/module-geo-i-p/index`;
        for (let attempt = 0; attempt < 100; attempt += 1) {
            try {
                return await fetch(this.url);
            } catch {
                await new Promise((done) => { setTimeout(done, 50); });
            }
        }
        throw new Error(`no web server: ${this.log()}`);
    }

    /** Ends the time in which somebody could confirm a change, as a reboot does. */
    endTimeToConfirm() {
        const file = join(this.disk, 'mikopbx/geoip-filter/in-force.json');
        const { record } = JSON.parse(readFileSync(file, 'utf8'));
        record.trial.deadline.boot = 'another';
        const text = JSON.stringify(record);
        writeFileSync(file, `{"format":1,"crc32":${crc32(text)},"record":${text}}`);
    }

    /** The events that Core would push to browsers, oldest first. */
    events() {
        const file = join(this.disk, 'events');
        const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
        return lines.filter(Boolean).map((line) => JSON.parse(line));
    }

    publish(type, data) {
        appendFileSync(join(this.disk, 'events'), `${JSON.stringify({ type, data })}\n`);
    }

    log() {
        return readFileSync(join(this.disk, 'web-server.log'), 'utf8');
    }

    destroy() {
        if (this.#server) {
            process.kill(-this.#server.pid, 'SIGKILL');
        }
        rmSync(this.disk, { recursive: true, force: true });
    }
}

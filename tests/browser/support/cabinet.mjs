// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const SCREENSHOTS = fileURLToPath(new URL('../../../target/browser', import.meta.url));
const EVENT_BUS = /\/pbxcore\/api\/nchan\/sub\/event-bus/;

export const WIDE = { width: 1440, height: 1000 };
export const NARROW = { width: 360, height: 740 };

/** A browser that looks at a PBX. */
export class Cabinet {
    static async open(pbx) {
        const browser = await chromium.launch({
            executablePath: '/usr/bin/chromium',
            args: ['--no-sandbox', '--disable-dev-shm-usage'],
        });
        return new Cabinet(browser, pbx);
    }

    constructor(browser, pbx) {
        this.browser = browser;
        this.pbx = pbx;
    }

    /** An administrator's visit to the module's page; end it with `leave`. */
    async visit({ language = 'en', viewport = WIDE, from = '198.51.100.7', ...options } = {}) {
        const context = await this.browser.newContext({ viewport, reducedMotion: 'reduce', ...options });
        await context.addCookies(Object.entries({ language, 'remote-address': from })
            .map(([name, value]) => ({ name, value, url: this.pbx.url })));
        const visit = new Visit(await context.newPage(), this.pbx);
        await visit.start();
        return visit;
    }

    close() {
        return this.browser.close();
    }
}

/** One open page, and everything that went wrong on it. */
class Visit {
    /** What the browser complained about: errors of scripts, of the console, of the security policy, of requests. */
    complaints = [];

    /** Statuses of answers that a test expects to fail, as `409 PUT policy`. */
    expectedFailures = new Set();

    constructor(page, pbx) {
        this.page = page;
        this.pbx = pbx;
    }

    async start() {
        this.page.on('pageerror', (error) => this.complaints.push(`script: ${error.stack}`));
        this.page.on('console', (message) => {
            // A failed request is judged by its status below; the console names neither verb nor reason.
            if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
                this.complaints.push(`console: ${message.text()}`);
            }
        });
        this.page.on('response', (response) => {
            const resource = response.url().replace(/^.*\/module-geo-i-p\//, '').replace(/\?.*/, '');
            const failure = `${response.status()} ${response.request().method()} ${resource}`;
            if (response.status() >= 400 && !this.expectedFailures.has(failure)) {
                this.complaints.push(`request: ${failure}`);
            }
        });
        await this.page.routeWebSocket(EVENT_BUS, (socket) => this.#pushEvents(socket));
        await this.page.goto(this.pbx.url);
        await this.page.locator('#content-frame:not(.loading)').waitFor();
    }

    /** The PBX's events from now on, as its web server pushes them. */
    #pushEvents(socket) {
        let sent = this.pbx.events().length;
        const timer = setInterval(() => {
            const events = this.pbx.events();
            events.slice(sent).forEach(({ type, data }) => socket.send(JSON.stringify({ type, data })));
            sent = events.length;
        }, 50);
        socket.onClose(() => clearInterval(timer));
        this.page.on('close', () => clearInterval(timer));
    }

    async screenshot(name) {
        mkdirSync(SCREENSHOTS, { recursive: true });
        await this.page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
    }

    /** What axe-core finds wrong with the module's own part of the page, as `rule: selector`. */
    async barriers() {
        // The page's own policy lets no script in; the debugging protocol is not bound by it.
        await this.page.evaluate(axe.source);
        const { violations } = await this.page.evaluate(() => window.axe.run('#content-frame, .modals'));
        return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
    }

    /** True if something reaches beyond the sides of the window. */
    overflows() {
        return this.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    }

    async leave() {
        await this.page.context().close();
        assert.deepEqual(this.complaints, []);
    }
}

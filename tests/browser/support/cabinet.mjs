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

/** A picture of a whole long table is of no use to an eye. */
const TALLEST = 3000;

/** The countries but the first, in the table and on the map, where nothing comes after them. */
const EVERY_OTHER_COUNTRY = '#geoip-table tbody tr:nth-child(n+6), #geoip-map path:nth-of-type(n+6)';

/** A browser that looks at a PBX. */
export class Cabinet {
    static async open(pbx) {
        const browser = await chromium.launch({
            executablePath: '/usr/bin/chromium-headless-shell',
            args: ['--no-sandbox', '--disable-dev-shm-usage'],
        });
        return new Cabinet(browser, pbx);
    }

    constructor(browser, pbx) {
        this.browser = browser;
        this.pbx = pbx;
    }

    /** An administrator's visit to the module's page; a deaf one hears nothing of what the PBX pushes. `watch` sees it begin. */
    async visit({
        language = 'en', viewport = WIDE, from = '198.51.100.7', deaf = false, tab = 'countries', watch = () => {}, ...options
    } = {}) {
        const context = await this.browser.newContext({ viewport, reducedMotion: 'reduce', ...options });
        await context.addCookies(Object.entries({ language, 'remote-address': from })
            .map(([name, value]) => ({ name, value, domain: '127.0.0.1', path: '/' })));
        const visit = new Visit(await context.newPage(), this.pbx);
        await watch(visit.page);
        await visit.start(deaf, tab);
        return visit;
    }

    close() {
        return this.browser.close();
    }
}

/** One open page, and everything that went wrong on it. */
class Visit {
    /** What the browser complained about: errors of scripts, of the console, of the security policy. */
    complaints = [];

    /** Statuses of answers that failed, as `409 PUT policy`. */
    failures = [];

    /** Those that a test expects, which may come before the test can say so. */
    expectedFailures = new Set();

    constructor(page, pbx) {
        this.page = page;
        this.pbx = pbx;
    }

    async start(deaf, tab) {
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
            if (response.status() >= 400) {
                this.failures.push(failure);
            }
        });
        await this.page.routeWebSocket(EVENT_BUS, (socket) => deaf || this.#pushEvents(socket));
        await this.page.goto(`${this.pbx.url}#${tab}`);
        const ready = this.page.locator('#content-frame:not(.loading)');
        // PHP's own web server now and then leaves a file waiting behind a connection that the browser opened in advance.
        await ready.waitFor({ timeout: 12000 }).catch(() => this.#again());
        await ready.waitFor();
    }

    /** Opens the page once more. What its scripts missed of a file that was left waiting is no fault of theirs. */
    async #again() {
        await this.page.goto('about:blank');
        this.complaints.length = 0;
        this.failures.length = 0;
        await this.page.goBack();
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

    /** A picture for a person to look at, where somebody asked for pictures. */
    async screenshot(name) {
        if (!process.env.GEOIP_PICTURES) {
            return;
        }
        mkdirSync(SCREENSHOTS, { recursive: true });
        const window = this.page.viewportSize();
        const height = await this.page.evaluate(() => document.documentElement.scrollHeight);
        // A window as high as the page: what sticks to its lower edge covers nothing.
        await this.page.setViewportSize({ ...window, height: Math.min(height, TALLEST) });
        await this.page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
        await this.page.setViewportSize(window);
    }

    /**
     * What axe-core finds wrong with the module's own part of the page, as `rule: selector`. Of what is there for each
     * country, all built alike, it judges the first ones: the others are out of the page meanwhile, for walking by all of
     * them takes five times as long.
     */
    async barriers({ ofEveryCountry = false } = {}) {
        await this.still();
        // The page's own policy lets no script in; the debugging protocol is not bound by it.
        await this.page.evaluate(axe.source);
        const { violations } = await this.page.evaluate(
            async (alike) => {
                const taken = alike ? [...document.querySelectorAll(alike)].map((node) => [node, node.parentNode]) : [];
                taken.forEach(([node]) => node.remove());
                try {
                    return await window.axe.run(
                        { include: ['#content-frame', '.modals'] },
                        { resultTypes: ['violations'], preload: false },
                    );
                } finally {
                    // What the page has shown anew meanwhile stays where it is.
                    taken.filter(([node]) => !node.isConnected).forEach(([node, parent]) => parent.append(node));
                }
            },
            ofEveryCountry ? '' : EVERY_OTHER_COUNTRY,
        );
        return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
    }

    /** Waits until nothing is asked anew or fades into another colour: half-way no text has its contrast. */
    async still() {
        await this.page.locator(':is(#geoip-confirming .loading, #geoip-sizes.geoip-outdated)').first().waitFor({ state: 'detached' });
        // What turns for ever or stands still does not count, and nothing fades for longer than this.
        await this.page.evaluate(() => Promise.race([
            new Promise((resolve) => { setTimeout(resolve, 2000); }),
            Promise.allSettled(document.getAnimations()
                .filter(({ effect, playState }) => playState === 'running' && effect.getComputedTiming().endTime !== Infinity)
                .map(({ finished }) => finished)),
        ]));
    }

    direction() {
        return this.page.locator('#module-geoip').evaluate((root) => getComputedStyle(root).direction);
    }

    /** What reaches beyond the sides of the window, so that the page would have to be scrolled sideways. */
    overflowing() {
        return this.page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            const beyond = ({ left, right, width }) => width > 0 && (left < -1 || right > clientWidth + 1);
            return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('#main *')]
                .filter((element) => beyond(element.getBoundingClientRect()))
                .map((element) => `${element.tagName} ${element.id} ${element.className}`);
        });
    }

    /** True if the middle of an element lies in the window with nothing over it. */
    isClear(selector) {
        return this.page.locator(selector).evaluate((element) => {
            const { left, top, width, height } = element.getBoundingClientRect();
            return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
        });
    }

    /** Waits until the page shows the countries and what is in force. */
    async settled() {
        await this.page.locator('#geoip-table tbody tr').first().waitFor({ state: 'attached' });
        await this.page.locator('#geoip-status .loading').waitFor({ state: 'detached' });
    }

    /** Opens a tab by its name in the address. */
    open(tab) {
        return this.page.locator(`#geoip-open-${tab}`).click();
    }

    /** The message about what is in force. */
    get status() {
        return this.page.locator('#geoip-status');
    }

    get saveButton() {
        return this.page.locator('#submitbutton');
    }

    get dialog() {
        return this.page.getByRole('dialog');
    }

    /** Narrows the table to what somebody would type, and returns the codes of the countries left. */
    async search(text) {
        await this.open('countries');
        await this.page.locator('#geoip-search').fill(text);
        return this.codes();
    }

    /** The codes of the countries that the table shows, in its order. */
    codes() {
        return this.page.locator('#geoip-table tbody tr td:nth-child(2)').allTextContents();
    }

    /** Toggles a country by its row. */
    async toggle(code) {
        await this.search(code);
        await this.page.locator(`#geoip-box-${code}`).click();
    }

    /** True if the map shows a country as blocked. */
    isBlockedOnMap(code) {
        return this.page.locator(`#geoip-map path[data-code="${code}"]`)
            .evaluate((shape) => shape.classList.contains('geoip-blocked'));
    }

    /** Saves when there is something to save, and waits for the PBX to have done so. */
    async save() {
        await this.page.locator('#submitbutton:not(.disabled)').waitFor();
        await this.saveButton.click();
        await this.page.locator('#geoip-saving-note.geoip-good').waitFor();
    }

    async leave() {
        await this.page.context().close();
        const unexpected = this.failures.filter((failure) => !this.expectedFailures.has(failure));
        assert.deepEqual([...this.complaints, ...unexpected], []);
    }
}

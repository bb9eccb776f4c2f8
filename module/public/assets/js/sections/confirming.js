// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { makeButton } from '../elements.js';
import { words } from '../words.js';

const TICK_MILLISECONDS = 500;

/** Between two looks at what the PBX did when the time was up. */
const POLL_MILLISECONDS = 3000;

/** How long it says at least that a change is kept, whatever the next status has to tell. */
const READING_MILLISECONDS = 8000;

/** Counts down, in the bar of the save button, while a change is on trial, and tells when the previous settings are back. */
export class Confirming {
    #message = document.getElementById('geoip-confirming');

    #bar = document.getElementById('geoip-saving');

    #title = document.getElementById('geoip-confirming-title');

    #text = document.getElementById('geoip-confirming-text');

    #error = document.getElementById('geoip-confirming-error');

    #buttons = document.getElementById('geoip-confirming-buttons');

    #token = null;

    /** By the browser's own count, which no clock that is set can move. */
    #deadline = 0;

    #timer = null;

    #keptUntil = -Infinity;

    #onDecided;

    /** What the change is, by which the words are chosen: the settings, or that the module was switched on. */
    #words = 'confirm';

    #addOwn;

    /**
     * @param {function} onDecided called when the change is kept or gone, with the settings that count if they are known
     * @param {function} onAddOwn called to let whoever is here in, and to keep the change
     */
    constructor(onDecided, onAddOwn) {
        this.#onDecided = onDecided;
        this.#addOwn = makeButton('primary', words.text('module_geoip_own_add_keep'), onAddOwn);
        this.#buttons.append(
            makeButton('primary', words.text('module_geoip_confirm_keep'), () => this.#decide('confirm')),
            makeButton('', words.text('module_geoip_confirm_undo'), () => this.#decide('undo')),
            this.#addOwn,
        );
        this.#buttons.querySelectorAll('button').forEach((button) => {
            button.dataset.changes = '';
        });
    }

    /**
     * @param {?{token: string, secondsLeft: number, switchesOn: boolean}} trial the change that waits; null if none does
     * @param {?string} rolledBackAt when the last one was rolled back; null if it was not
     * @param {?object} wanted the settings that count, if they are known
     * @param {?{isCut: boolean}} own whether whoever is here is locked out, if that is known
     * @param {boolean} withheld whether nothing is in force since the last one was rolled back
     */
    show({
        trial, rolledBackAt = null, wanted = null, own = null, withheld = false,
    }) {
        this.#addOwn.hidden = !own?.isCut;
        if (trial !== null) {
            this.#count(trial);
            return;
        }
        const wasWaiting = this.#token !== null;
        this.#stop();
        if (rolledBackAt !== null) {
            this.#words = withheld ? 'confirm_on' : 'confirm';
            this.#say('info', this.#word('rolled_back'));
        } else if (performance.now() > this.#keptUntil) {
            this.#message.hidden = true;
            delete this.#bar.dataset.trial;
        }
        if (wasWaiting) {
            this.#onDecided(wanted);
        }
    }

    /** Keeps the change that waits. */
    keep() {
        return this.#decide('confirm');
    }

    #word(key, gaps) {
        return words.text(`module_geoip_${this.#words}_${key}`, gaps);
    }

    #count({ token, secondsLeft, switchesOn }) {
        this.#deadline = performance.now() + secondsLeft * 1000;
        if (this.#token !== token) {
            this.#stop();
            this.#token = token;
            this.#keptUntil = -Infinity;
            this.#words = switchesOn ? 'confirm_on' : 'confirm';
            this.#say('warning', this.#word('title'));
            this.#buttons.hidden = false;
            this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
        }
        this.#tick();
    }

    #tick() {
        const seconds = Math.ceil((this.#deadline - performance.now()) / 1000);
        if (seconds > 0) {
            const time = words.span(seconds, 'second');
            this.#text.textContent = this.#word('text', { time });
            return;
        }
        this.#buttons.hidden = true;
        this.#text.textContent = words.text('module_geoip_confirm_waiting');
        clearInterval(this.#timer);
        this.#timer = setTimeout(() => this.#look(), POLL_MILLISECONDS);
    }

    async #look() {
        try {
            this.show(await api.get('status', { scheme: api.scheme }));
        } catch {
            this.#timer = setTimeout(() => this.#look(), POLL_MILLISECONDS);
        }
    }

    async #decide(how) {
        this.#buttons.querySelectorAll('button').forEach((button) => button.classList.add('loading', 'disabled'));
        this.#error.textContent = '';
        try {
            const policy = await api.send('POST', `policy:${how}`, {
                token: this.#token, scheme: api.scheme,
            });
            this.#stop();
            this.#say('positive', this.#word(how === 'confirm' ? 'kept' : 'rolled_back'));
            if (how === 'confirm') {
                this.#keptUntil = performance.now() + READING_MILLISECONDS;
            }
            this.#onDecided(policy);
        } catch (error) {
            this.#error.textContent = error.message;
            // Whoever is locked out cannot keep it; the status tells, and the button that helps appears.
            await this.#look();
        } finally {
            this.#buttons.querySelectorAll('button').forEach((button) => button.classList.remove('loading', 'disabled'));
        }
    }

    #stop() {
        clearInterval(this.#timer);
        clearTimeout(this.#timer);
        this.#token = null;
        this.#buttons.hidden = true;
        this.#error.textContent = '';
    }

    #say(look, title) {
        this.#message.hidden = false;
        this.#bar.dataset.trial = look;
        this.#title.textContent = title;
        this.#text.textContent = '';
    }
}

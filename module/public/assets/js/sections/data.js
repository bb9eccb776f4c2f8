// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { onEvent } from '../core.js';
import { icon, make, makeButton, makeFacts } from '../elements.js';
import { words } from '../words.js';

const POLL_MILLISECONDS = 3000;

/** Where the country data comes from, how old it is, and getting it anew. */
export class Data {
    #draft;

    #onUpdated;

    #source = document.getElementById('geoip-source');

    #facts = document.getElementById('geoip-data-facts');

    #button = document.getElementById('geoip-update');

    #progress = document.getElementById('geoip-progress');

    #outcome = document.getElementById('geoip-update-outcome');

    #state = null;

    #timer = null;

    /** @param {function} onUpdated called when an update has ended */
    constructor(draft, onUpdated) {
        this.#draft = draft;
        this.#onUpdated = onUpdated;
        this.#source.addEventListener('change', () => draft.setSource(this.#source.value));
        this.#button.addEventListener('click', () => this.update());
        draft.addEventListener('change', () => this.#showSource());
        onEvent('module-geoip-update', (record) => this.#hear(record));
    }

    /** Starts an update, or joins the one that runs. */
    async update(force = false) {
        this.#button.classList.add('loading');
        try {
            this.showUpdate(await api.send('POST', 'update:start', { force }));
        } catch (error) {
            this.#showFailure(error.message);
        } finally {
            this.#button.classList.remove('loading');
        }
    }

    /** @param {?object} data of `GET status` */
    showFacts(data) {
        const facts = data === null ? { data_updated: words.text('module_geoip_data_none') } : {
            data_updated: words.moment(new Date(data.updatedAt)),
            data_release: data.release,
            subnets: words.number(data.subnets),
            attribution: this.#link(data.attribution),
        };
        this.#facts.replaceChildren(...makeFacts(Object.entries(facts).filter(([, fact]) => fact)));
    }

    /** @param {object} record of `GET update` */
    showUpdate(record) {
        const wasRunning = this.#state === 'running';
        this.#state = record.state;
        const isRunning = record.state === 'running';
        this.#progress.hidden = !isRunning;
        this.#button.hidden = isRunning;
        clearTimeout(this.#timer);
        if (isRunning) {
            this.#showProgress(record);
            // Events are pushed to those who listen; who came late or lost the connection asks.
            this.#timer = setTimeout(() => this.#look(), POLL_MILLISECONDS);
        } else if (record.state === 'failed' && record.source !== this.#draft.savedSource) {
            // Whose data is not used any more has no failures that matter.
            this.#outcome.replaceChildren();
        } else if (record.state === 'failed' && record.canWait) {
            this.#outcome.replaceChildren(make('p', { class: 'geoip-note' }, words.text('module_geoip_update_offline')));
        } else if (record.state === 'failed') {
            this.#showFailure(record.errorText, record.error);
        } else if (wasRunning) {
            this.#outcome.replaceChildren(make(
                'p',
                { class: 'geoip-good' },
                icon('check'),
                words.text('module_geoip_update_done'),
            ));
        }
        if (wasRunning && !isRunning) {
            this.#onUpdated();
        }
    }

    /** What is pushed lacks the words for what went wrong. */
    #hear(record) {
        if (record.state === 'running') {
            this.showUpdate(record);
        } else {
            this.#look();
        }
    }

    async #look() {
        try {
            this.showUpdate(await api.get('update'));
        } catch {
            this.#timer = setTimeout(() => this.#look(), POLL_MILLISECONDS);
        }
    }

    #showSource() {
        this.#source.value = this.#draft.source;
        document.getElementById('geoip-source-note').textContent = [
            words.text(`module_geoip_source_${this.#draft.source}_note`),
            this.#draft.isSourceDirty ? words.text('module_geoip_source_unsaved') : '',
        ].join(' ');
    }

    #link({ text, url }) {
        return make('a', { href: url, target: '_blank', rel: 'noopener' }, text);
    }

    #showProgress({ stage, percent }) {
        const bar = this.#progress.querySelector('[role=progressbar]');
        const shown = Math.round(percent);
        bar.setAttribute('aria-valuenow', shown);
        bar.querySelector('.bar').style.width = `${shown}%`;
        document.getElementById('geoip-progress-label').textContent = [
            words.text(stage === '' ? 'module_geoip_update_running' : `module_geoip_stage_${stage}`),
            words.percent(shown),
        ].join(' · ');
        this.#outcome.replaceChildren();
    }

    #showFailure(text, { code = '', remedy = '' } = {}) {
        const isOffline = code === 'source.download';
        const message = make(
            'div',
            { class: 'ui small negative message' },
            make('div', { class: 'header' }, words.text(`module_geoip_update_${isOffline ? 'offline' : 'failed'}`)),
            make('p', {}, make('bdi', {}, isOffline ? words.text('module_geoip_update_offline_text') : text)),
        );
        if (remedy === 'force') {
            const force = () => this.update(true);
            message.append(makeButton('tiny', words.text('module_geoip_update_force'), force));
        }
        this.#outcome.replaceChildren(message);
    }
}

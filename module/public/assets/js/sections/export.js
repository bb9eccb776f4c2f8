// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make, makeFacts } from '../elements.js';
import { words } from '../words.js';

/** How long the browser may take to save a file. */
const KEPT_MILLISECONDS = 60000;

/** What is saved, as a file for another firewall. */
export class Export {
    #details = document.getElementById('geoip-export');

    #format = document.getElementById('geoip-export-format');

    #network = document.getElementById('geoip-export-network');

    #about = document.getElementById('geoip-export-about');

    #button = document.getElementById('geoip-export-download');

    #asked = 0;

    constructor() {
        this.#details.addEventListener('toggle', () => this.refresh());
        [this.#format, this.#network].forEach((choice) => choice.addEventListener('change', () => this.refresh()));
        this.#button.addEventListener('click', () => this.#download());
    }

    /** Opens it, and leads there. */
    open() {
        this.#details.open = true;
        this.#details.scrollIntoView();
        this.#format.focus();
    }

    /** Asks anew, if anybody looks: what is saved may be another policy now. */
    async refresh() {
        // A list holds no rules, and a router stands before the PBX whatever its network is.
        this.#network.closest('.field').hidden = ['cidr', 'routeros'].includes(this.#choice().format);
        if (!this.#details.open) {
            return;
        }
        this.#asked += 1;
        const asked = this.#asked;
        try {
            const known = await api.get('policy:export', { ...this.#choice(), describe: true });
            if (asked === this.#asked) {
                this.#show(known);
            }
        } catch (error) {
            if (asked === this.#asked) {
                this.#complain(error);
            }
        }
    }

    #choice() {
        const [format, family = ''] = this.#format.value.split(' ');
        return { format, family, network: this.#network.value };
    }

    #show({ name, subnets, bytes, commands, warnings }) {
        this.#about.replaceChildren(
            make('dl', { class: 'geoip-facts' }, ...makeFacts([
                ['subnets', words.number(subnets.v4 + subnets.v6)],
                ['export_size', words.bytes(bytes)],
            ])),
            ...warnings.map(({ text }) => make('p', { class: 'geoip-error' }, text)),
            ...(commands.length === 0 ? [] : [
                make('p', {}, words.text('module_geoip_export_commands')),
                make('pre', { dir: 'ltr' }, commands.join('\n').replaceAll('FILE', name)),
            ]),
        );
    }

    async #download() {
        this.#button.classList.add('loading');
        try {
            const { name, text } = await api.download('policy:export', this.#choice());
            const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
            make('a', { href: url, download: name }).click();
            setTimeout(() => URL.revokeObjectURL(url), KEPT_MILLISECONDS);
        } catch (error) {
            this.#complain(error);
        } finally {
            this.#button.classList.remove('loading');
        }
    }

    #complain(error) {
        this.#about.replaceChildren(make('p', { class: 'geoip-error' }, error.message));
    }
}

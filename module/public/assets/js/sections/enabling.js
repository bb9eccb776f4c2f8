// SPDX-License-Identifier: GPL-3.0-or-later

import { affectedTable } from '../affected-table.js';
import { moduleSwitch } from '../core.js';
import { ask } from '../dialog.js';
import { make } from '../elements.js';
import { words } from '../words.js';

/** Asks before Core's switch puts a policy in force that cuts somebody off. */
export class Enabling {
    #affected;

    /** @param {?object[]} affected whom it cuts off, as the PBX said with this page; null if that is not known */
    constructor(affected) {
        this.#affected = affected;
        // Before Core's own script, which listens on the switch itself, hears of it.
        ['click', 'keydown'].forEach((type) => {
            document.addEventListener(type, (event) => this.#intercept(event), { capture: true });
        });
    }

    #intercept(event) {
        const isKey = event.type === 'keydown';
        const toggle = event.target.closest?.('.ui.toggle.checkbox');
        const isMeant = toggle?.contains(moduleSwitch) && (!isKey || event.key === ' ' || event.key === 'Enter');
        const isHarmless = this.#affected !== null && this.#affected.length === 0;
        if (!isMeant || moduleSwitch.checked || isHarmless) {
            return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        this.#ask(toggle);
    }

    async #ask(toggle) {
        const [title, ...content] = this.#affected === null
            ? ['affected_unchecked']
            : [
                'affected',
                make('p', {}, words.text('module_geoip_enable_text')),
                affectedTable(this.#affected),
            ];
        const answer = await ask(words.text(`module_geoip_${title}`), content, [
            { name: 'enable', text: words.text('module_geoip_enable_anyway'), look: 'basic red' },
            { name: '', text: words.text('module_geoip_cancel'), look: '' },
        ]);
        if (answer === 'enable') {
            this.#affected = [];
            toggle.querySelector('label').click();
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { makeFacts } from '../elements.js';
import { words } from '../words.js';

/** How many countries the draft blocks, and, for those who look for it, what it takes in the kernel. */
export class Counters {
    #draft;

    #preview;

    #element = document.getElementById('geoip-counters');

    #sizes = document.getElementById('geoip-sizes');

    /**
     * @param {Draft} draft
     * @param {DraftPreview} preview
     */
    constructor(draft, preview) {
        this.#draft = draft;
        this.#preview = preview;
        preview.addEventListener('change', () => this.#show());
    }

    #show() {
        const { answer, isOutdated } = this.#preview;
        this.#element.textContent = words.count('module_geoip_count_blocked', this.#draft.blockedCount, {
            countries: words.number(this.#draft.countries.size),
        });
        [this.#element, this.#sizes].forEach((element) => element.classList.toggle('geoip-outdated', isOutdated));
        this.#sizes.hidden = answer === null;
        if (answer !== null) {
            this.#sizes.querySelector('dl').replaceChildren(...makeFacts([
                ['count_entries', words.number(answer.entries)],
                ['count_memory', words.bytes(answer.memory_bytes)],
            ]));
        }
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { makeFacts } from '../elements.js';
import { words } from '../words.js';

/** How many countries the draft blocks, and, for those who look for it, what it takes in the kernel. */
export class Counters {
    #draft;

    #preview;

    #isOff = true;

    #element = document.getElementById('geoip-counters');

    #sizes = document.getElementById('geoip-sizes');

    /**
     * @param {Draft} draft
     * @param {DraftPreview} preview
     */
    constructor(draft, preview) {
        this.#draft = draft;
        this.#preview = preview;
        draft.addEventListener('change', () => this.#count());
        preview.addEventListener('change', () => this.#showSizes());
        this.#sizes.addEventListener('toggle', () => this.#look());
    }

    /** The PBX serves no previews of a module that is switched off. */
    set isOff(isOff) {
        this.#isOff = isOff;
        this.#sizes.hidden = isOff;
        this.#look();
    }

    #look() {
        this.#preview.isWanted = this.#sizes.open && !this.#isOff;
    }

    #count() {
        this.#element.textContent = words.count('module_geoip_count_blocked', this.#draft.blockedCount, {
            countries: words.number(this.#draft.countries.size),
        });
    }

    #showSizes() {
        const { answer, isOutdated } = this.#preview;
        this.#sizes.classList.toggle('geoip-outdated', isOutdated);
        this.#sizes.querySelector('dl').replaceChildren(...makeFacts([
            ['count_entries', answer === null ? '–' : words.number(answer.entries)],
            ['count_memory', answer === null ? '–' : words.bytes(answer.memory_bytes)],
        ]));
    }
}

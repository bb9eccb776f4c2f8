// SPDX-License-Identifier: GPL-3.0-or-later

import { make } from '../elements.js';
import { words } from '../words.js';

/** What the draft would put into the kernel. */
export class Counters {
    #draft;

    #preview;

    #element = document.getElementById('geoip-counters');

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
        const { sizes, isOutdated } = this.#preview;
        const counts = [make('strong', {}, words.text('module_geoip_count_blocked', {
            blocked: words.number(this.#draft.blockedCount),
            countries: words.number(this.#draft.countries.size),
        }))];
        if (sizes !== null) {
            const { entries, memory_bytes: memoryBytes } = sizes;
            counts.push(
                make('span', {}, words.text('module_geoip_count_entries', { n: words.number(entries) })),
                make('span', {}, words.text('module_geoip_count_memory', { size: words.bytes(memoryBytes) })),
            );
        }
        this.#element.classList.toggle('geoip-outdated', isOutdated);
        this.#element.replaceChildren(...counts);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

const PAUSE_MILLISECONDS = 500;

/**
 * What the draft would do, asked for whenever somebody who is choosing pauses.
 *
 * Fires `change`.
 */
export class DraftPreview extends EventTarget {
    /** The PBX serves no previews of a module that is switched off. */
    isOff = true;

    /** What the PBX said of it: `{entries, memory_bytes}`; null while there is no answer. */
    answer = null;

    /** The draft is another one than that of the answer. */
    isOutdated = false;

    #draft;

    #ask;

    #timer = null;

    #asked = 0;

    #previewed = '';

    /**
     * @param {Draft} draft
     * @param {function(object): Promise<object>} ask asks the PBX what a policy would do
     */
    constructor(draft, ask) {
        super();
        this.#draft = draft;
        this.#ask = ask;
        draft.addEventListener('change', () => this.#follow());
    }

    #follow() {
        const isReady = !this.isOff && this.#draft.countries.size > 0;
        if (isReady && JSON.stringify(this.#draft.toPolicy()) !== this.#previewed) {
            this.isOutdated = true;
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.#preview(), PAUSE_MILLISECONDS);
        }
        this.dispatchEvent(new Event('change'));
    }

    async #preview() {
        this.#asked += 1;
        const asked = this.#asked;
        const policy = this.#draft.toPolicy();
        let answer = null;
        try {
            answer = await this.#ask(policy);
        } catch {
            // There may be no data yet; what can be counted without the PBX still is.
        }
        if (asked === this.#asked) {
            this.#previewed = JSON.stringify(policy);
            this.answer = answer;
            this.isOutdated = false;
            this.dispatchEvent(new Event('change'));
        }
    }
}

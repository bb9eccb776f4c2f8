// SPDX-License-Identifier: GPL-3.0-or-later

const PAUSE_MILLISECONDS = 500;

/**
 * What the draft would do, asked for as long as somebody looks at it, whenever who is choosing pauses.
 *
 * Fires `change`.
 */
export class DraftPreview extends EventTarget {
    /** What the PBX said of it: `{entries, memory_bytes}`; null while there is no answer. */
    answer = null;

    /** The draft is another one than that of the answer. */
    isOutdated = false;

    #draft;

    #ask;

    #isWanted = false;

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
        draft.addEventListener('change', () => this.#follow(PAUSE_MILLISECONDS));
    }

    /** Whether somebody looks, and the PBX can be asked. */
    set isWanted(isWanted) {
        this.#isWanted = isWanted;
        this.#follow(0);
    }

    #follow(milliseconds) {
        clearTimeout(this.#timer);
        if (this.#isWanted && JSON.stringify(this.#draft.toPolicy()) !== this.#previewed) {
            this.isOutdated = true;
            this.#timer = setTimeout(() => this.#preview(), milliseconds);
            this.dispatchEvent(new Event('change'));
        }
    }

    async #preview() {
        this.#asked += 1;
        const asked = this.#asked;
        const policy = this.#draft.toPolicy();
        let answer = null;
        try {
            answer = await this.#ask(policy);
        } catch {
            // There may be no data yet.
        }
        if (asked === this.#asked) {
            this.#previewed = JSON.stringify(policy);
            this.answer = answer;
            this.isOutdated = false;
            this.dispatchEvent(new Event('change'));
        }
    }
}

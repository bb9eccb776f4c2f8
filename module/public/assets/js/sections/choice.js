// SPDX-License-Identifier: GPL-3.0-or-later

/** What is chosen: these countries, or all others; to block or only to count; and what becomes of addresses of no country. */
export class Choice {
    #draft;

    #unknown = document.getElementById('geoip-unknown');

    #unknownField = document.getElementById('geoip-unknown-field');

    #hint = document.getElementById('geoip-mode-hint');

    constructor(draft) {
        this.#draft = draft;
        this.#bind('mode', (mode) => draft.setMode(mode));
        this.#bind('action', (action) => draft.setAction(action));
        this.#unknown.addEventListener('change', () => draft.setBlocksUnknown(this.#unknown.checked));
        draft.addEventListener('change', () => this.#show());
    }

    #show() {
        this.#unknownField.hidden = !this.#draft.canBlockUnknown;
        this.#unknown.checked = this.#draft.blocksUnknown;
        this.#hint.hidden = this.#draft.mode !== 'allow';
    }

    /** Two buttons for one setting. */
    #bind(name, set) {
        const choices = document.querySelectorAll(`#geoip-${name} input`);
        choices.forEach((choice) => choice.addEventListener('change', () => set(choice.value)));
        this.#draft.addEventListener('change', () => choices.forEach((choice) => {
            choice.checked = choice.value === this.#draft[name];
        }));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { affectedTable } from '../affected-table.js';
import * as api from '../api.js';
import { onEvent, saveButton } from '../core.js';
import { ask } from '../dialog.js';
import { make } from '../elements.js';
import { words } from '../words.js';

// What comes of asking whether to save: at once, on trial, or not at all.
const SAFE = 'safe';
const RISKY = 'risky';
const REFUSED = 'refused';

/** How often a save is sent whose answer gets lost. */
const ATTEMPTS = 3;

/** Saves the draft: asks before somebody is cut off, and does not overwrite what another administrator saved. */
export class Saving {
    #draft;

    #confirming;

    #onSaved;

    #discard = document.getElementById('geoip-discard');

    #note = document.getElementById('geoip-saving-note');

    /** Saving, or asking what to do about what somebody else saved. */
    #isSaving = false;

    /** @param {function} onSaved called after each save */
    constructor(draft, confirming, onSaved) {
        this.#draft = draft;
        this.#confirming = confirming;
        this.#onSaved = onSaved;
        if (saveButton !== null) {
            this.#makeReachable(saveButton);
            saveButton.addEventListener('click', () => this.save());
        }
        this.#discard.addEventListener('click', () => draft.discard());
        draft.addEventListener('change', () => this.#showDirt());
        window.addEventListener('beforeunload', (event) => {
            if (draft.isDirty) {
                event.preventDefault();
            }
        });
        onEvent('module-geoip-policy', (saved) => this.#hear(saved));
    }

    get isAllowed() {
        return saveButton !== null;
    }

    /** Core's button is a `div`, which no keyboard reaches. */
    #makeReachable(button) {
        button.setAttribute('role', 'button');
        button.tabIndex = 0;
        button.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' || event.key === ' ') {
                event.preventDefault();
                button.click();
            }
        });
    }

    /** What was said of the last save is no longer of interest. */
    forgetOutcome() {
        this.#showDirt();
    }

    #showDirt() {
        const { isDirty } = this.#draft;
        saveButton?.classList.toggle('disabled', !isDirty);
        saveButton?.setAttribute('aria-disabled', !isDirty);
        this.#discard.hidden = !isDirty;
        if (saveButton === null) {
            this.#say(words.text('module_geoip_state_read_only'));
        } else if (isDirty) {
            this.#say(words.text('module_geoip_unsaved'));
        } else if (!this.#isSaving) {
            this.#say('');
        }
    }

    #say(text, look = '') {
        this.#note.textContent = text;
        this.#note.className = look;
    }

    /** @returns {Promise<boolean>} whether the draft was handed to the PBX */
    async save() {
        return this.#draft.isDirty && this.enforce();
    }

    /** The same for settings that are saved already, and not in force. */
    async enforce() {
        if (this.#isSaving) {
            return false;
        }
        this.#isSaving = true;
        saveButton.classList.add('loading');
        try {
            const answer = await this.#agreement();
            if (answer === REFUSED) {
                return false;
            }
            await this.#put(answer === RISKY);
            return true;
        } catch (error) {
            this.#say(`${words.text('module_geoip_save_failed')}. ${error.message}`, 'geoip-error');
            return false;
        } finally {
            saveButton.classList.remove('loading');
            this.#isSaving = false;
        }
    }

    /** @param {boolean} isRisky whether the change must be confirmed */
    async #put(isRisky, attempts = ATTEMPTS) {
        try {
            const policy = { ...this.#draft.toPolicy(), revision: this.#draft.revision, confirm: isRisky };
            this.#takeSaved(await api.sendOnce('PUT', 'policy', policy));
        } catch (error) {
            if (attempts === 1 || !(error.isConflict || error.isLost)) {
                throw error;
            }
            await this.#findOut(isRisky, attempts - 1);
        }
    }

    /** Somebody saved, perhaps this very page, whose answer got lost: what is saved on the PBX tells. */
    async #findOut(isRisky, attempts) {
        const present = await api.getPatiently('policy');
        if (present.revision === this.#draft.revision) {
            await this.#put(isRisky, attempts);
            return;
        }
        this.#draft.supersede(present);
        if (this.#draft.isDirty) {
            await this.#settle();
            return;
        }
        const { pending, inForce } = await api.getPatiently('status');
        this.#takeSaved({ ...present, pending, state: inForce ? 'enforced' : 'pending' });
    }

    #takeSaved(saved) {
        this.#draft.load(saved);
        this.#confirming.show({ pending: saved.pending });
        if (saved.pending !== null) {
            this.#say(words.text('module_geoip_confirm_saved'), 'geoip-good');
        } else if (saved.state === 'enforced') {
            this.#say(words.text('module_geoip_saved'), 'geoip-good');
        } else {
            this.#say(words.text('module_geoip_saved_only'), 'geoip-error');
        }
        this.#onSaved();
    }

    /** Whether the administrator wants to save, and whether somebody may be cut off by it. */
    async #agreement() {
        let affected = null;
        let reason = '';
        try {
            affected = await api.affectedBy(this.#draft.toPolicy());
        } catch (error) {
            reason = error.message;
        }
        if (affected === null) {
            return this.#agreementBy(await this.#ask('affected_unchecked', [reason], []));
        }
        if (affected.length === 0) {
            return SAFE;
        }
        const answer = await this.#ask(
            'affected',
            [make('p', {}, words.text('module_geoip_affected_text')), affectedTable(affected)],
            [{ name: 'except', text: words.text('module_geoip_affected_except'), look: 'primary' }],
        );
        if (answer === 'except') {
            this.#draft.addExceptions(affected.map(
                ({ address }) => ({ subnet: address, note: '', expires_at: null }),
            ));
        }
        return this.#agreementBy(answer);
    }

    #agreementBy(answer) {
        return { except: SAFE, save: RISKY }[answer] ?? REFUSED;
    }

    #ask(title, content, answers) {
        return ask(words.text(`module_geoip_${title}`), content, [
            ...answers,
            { name: 'save', text: words.text('module_geoip_affected_save'), look: 'basic red' },
            { name: '', text: words.text('module_geoip_cancel'), look: '' },
        ]);
    }

    /** @param {{revision: string, by: string, rolledBack: ?boolean}} saved what was saved, perhaps by this very page */
    async #hear({ revision, by, rolledBack }) {
        if (this.#isSaving || revision === this.#draft.revision) {
            return;
        }
        if (rolledBack) {
            // The status tells so, and has the page load what counts now.
            this.#onSaved();
            return;
        }
        this.#isSaving = true;
        try {
            await this.#settle(by);
        } catch (error) {
            this.#say(error.message, 'geoip-error');
        } finally {
            this.#isSaving = false;
        }
    }

    /** Somebody else saved. */
    async #settle(by = '') {
        const isOurs = this.#draft.isDirty && await this.#askWhose(by) !== 'reload';
        const theirs = await api.get('policy');
        if (isOurs) {
            this.#draft.supersede(theirs);
            this.#say(words.text('module_geoip_conflict_kept'));
        } else {
            this.#draft.load(theirs);
            this.#say(words.text('module_geoip_conflict_loaded'));
        }
        this.#onSaved();
    }

    #askWhose(by) {
        return ask(
            words.text('module_geoip_conflict'),
            [
                ...(by ? [make('p', {}, words.text('module_geoip_conflict_by', { name: by }))] : []),
                make('p', {}, words.text('module_geoip_conflict_text')),
            ],
            [
                { name: 'keep', text: words.text('module_geoip_conflict_keep'), look: '' },
                { name: 'reload', text: words.text('module_geoip_conflict_reload'), look: 'primary' },
            ],
        );
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { affectedTable } from '../affected-table.js';
import * as api from '../api.js';
import { onEvent, saveButton } from '../core.js';
import { ask } from '../dialog.js';
import { make, makeRow, makeTable } from '../elements.js';
import { partName, partValue } from '../policy-words.js';
import { exceptionFor, words } from '../words.js';

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
        onEvent('module-geoip-policy', (saved) => this.hear(saved));
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
        try {
            saveButton.classList.add('loading');
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
            saveButton?.classList.remove('loading');
            this.#isSaving = false;
        }
    }

    /**
     * Lets people in at once and with nothing else: whoever is here may be about to lose his connection.
     *
     * @returns {Promise<object>} the policy that counts now
     */
    async allow(people) {
        this.#isSaving = true;
        try {
            const { exceptions, revision } = await api.get('policy');
            const added = people.map(exceptionFor);
            return await api.send('PATCH', 'policy', { exceptions: [...exceptions, ...added], revision });
        } finally {
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
        if (!this.#draft.mayBeSavedAs(present)) {
            await this.#settle();
            return;
        }
        const { trial, inForce } = await api.getPatiently('status');
        this.#takeSaved({ ...present, trial, inForce });
    }

    #takeSaved(saved) {
        this.#draft.load(saved);
        this.#confirming.show({ trial: saved.trial });
        if (saved.trial !== null) {
            this.#say(words.text('module_geoip_confirm_saved'), 'geoip-good');
        } else if (saved.inForce) {
            this.#say(words.text('module_geoip_saved'), 'geoip-good');
        } else {
            this.#say(words.text('module_geoip_saved_only'), 'geoip-error');
        }
        this.#onSaved();
    }

    /** Whether the administrator wants to save, and whether somebody may be cut off by it. */
    async #agreement() {
        let affected = null;
        let reasons = [];
        try {
            if (this.#draft.newLists.length > 0) {
                await api.send('POST', 'lists:download', { lists: this.#draft.lists });
            }
            const answer = await api.affectedBy(this.#draft.toPolicy());
            affected = answer.affected;
            reasons = answer.warnings.map(({ text }) => text);
        } catch (error) {
            reasons = [error.message];
        }
        if (affected === null) {
            const content = reasons.map((reason) => make('p', {}, reason));
            return this.#agreementBy(await this.#ask('affected_unchecked', content, []));
        }
        if (affected.length === 0) {
            return SAFE;
        }
        return this.#agreementTo(affected);
    }

    /** @param {object[]} affected whom the draft would cut off, as the PBX names them */
    async #agreementTo(affected) {
        const isOwn = affected.some(({ kind }) => kind === 'own');
        // Who is on a block list or in a blocked network is cut off whatever the country.
        const byCountry = affected.filter(({ list, network }) => list === null && network === null);
        const countries = [...new Set(byCountry.map(({ country }) => country))].filter(Boolean);
        const answer = await this.#ask(
            isOwn ? 'affected_yourself' : 'affected',
            [
                make('p', {}, words.text('module_geoip_affected_text')),
                affectedTable(affected),
                make('p', { class: 'geoip-note' }, words.text('module_geoip_affected_save_text')),
            ],
            [
                { name: 'except', text: words.text('module_geoip_affected_except'), look: 'primary' },
                ...(countries.length > 0
                    ? [{ name: 'allow', text: words.text('module_geoip_affected_allow'), look: '' }] : []),
            ],
        );
        if (answer === 'except') {
            this.#draft.addExceptions(affected.map(exceptionFor));
        } else if (answer === 'allow') {
            this.#draft.setBlocked(countries, false);
            this.#letAdminister(affected.filter(({ kind }) => kind === 'own'));
            return this.#agreement();
        }
        return this.#agreementBy(answer);
    }

    /** Who may come from a country may still not come to what only a few countries can reach. */
    #letAdminister(people) {
        if (this.#draft.restrictedServices.includes('web')) {
            this.#draft.setMayAdminister(people.map(({ country }) => country).filter(Boolean), true);
        }
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

    /** @param {{revision: string, by: ?string, rolledBack: ?boolean}} saved what was saved, perhaps by this very page */
    async hear({ revision, by = '', rolledBack = false }) {
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

    /** Somebody else saved: their changes and those of the draft are put together. */
    async #settle(by = '') {
        const theirs = await api.get('policy');
        if (!this.#draft.isDirty) {
            this.#draft.load(theirs);
            this.#say(words.text('module_geoip_conflict_loaded'));
        } else {
            const collisions = this.#draft.merge(theirs);
            if (collisions.length > 0 && await this.#askWhose(by, collisions) === 'keep') {
                this.#draft.keepMine(collisions);
            }
            this.#say(words.text('module_geoip_conflict_merged'));
        }
        this.#onSaved();
    }

    #askWhose(by, collisions) {
        return ask(
            words.text('module_geoip_conflict'),
            [
                ...(by ? [make('p', {}, words.text('module_geoip_conflict_by', { name: by }))] : []),
                make('p', {}, words.text('module_geoip_conflict_text')),
                makeTable(['conflict_what', 'conflict_mine', 'conflict_theirs'], collisions.map(
                    ({ part, mine, theirs }) => makeRow(partName(part), partValue(part, mine), partValue(part, theirs)),
                )),
            ],
            [
                { name: 'keep', text: words.text('module_geoip_conflict_keep'), look: 'primary' },
                { name: 'theirs', text: words.text('module_geoip_conflict_take'), look: '' },
            ],
        );
    }
}

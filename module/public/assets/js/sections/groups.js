// SPDX-License-Identifier: GPL-3.0-or-later

import { ask } from '../dialog.js';
import { make } from '../elements.js';
import { byContinent } from '../pure/country-groups.js';
import { findByNames } from '../pure/country-search.js';
import { words } from '../words.js';

/** Choosing many countries at once: all, whole continents, several by their names. */
export class Groups {
    #draft;

    /** By their codes, the codes of their countries. */
    #members = new Map();

    #continents = document.getElementById('geoip-continents');

    #names = document.getElementById('geoip-several-names');

    constructor(draft) {
        this.#draft = draft;
        const all = [['block', true], ['unblock', false]];
        all.forEach(([word, isBlocked]) => {
            document.getElementById(`geoip-${word}-all`)
                .addEventListener('click', () => this.#askForAll(word, isBlocked));
        });
        const several = [['block', true], ['allow', false]];
        several.forEach(([word, isBlocked]) => {
            document.getElementById(`geoip-several-${word}`)
                .addEventListener('click', () => this.#setSeveral(isBlocked));
        });
        draft.addEventListener('countries', () => this.#listContinents());
        draft.addEventListener('change', () => this.#show());
    }

    async #askForAll(word, isBlocked) {
        const answer = await ask(
            words.text(`module_geoip_${word}_all_ask`),
            [
                make('p', {}, words.text(`module_geoip_${word}_all_consequence`)),
                ...(this.#draft.restrictedServices.length === 0
                    ? [] : [make('p', {}, words.text('module_geoip_admin_stays'))]),
            ],
            [
                { name: word, text: words.text(`module_geoip_${word}_all`), look: isBlocked ? 'red' : 'primary' },
                { name: '', text: words.text('module_geoip_cancel'), look: '' },
            ],
        );
        if (answer === word) {
            this.#draft.setAllBlocked(isBlocked);
        }
    }

    #listContinents() {
        this.#members = byContinent(this.#draft.countries.values());
        const toggles = [...this.#members.keys()]
            .map((continent) => [continent, words.text(`module_geoip_continent_${continent.toLowerCase()}`)])
            .sort(([, one], [, other]) => words.compare(one, other))
            .map(([continent, name]) => this.#continentToggle(continent, name));
        this.#continents.hidden = toggles.length === 0;
        this.#continents.replaceChildren(this.#continents.querySelector('legend'), ...toggles);
    }

    #continentToggle(continent, name) {
        const id = `geoip-continent-${continent}`;
        const box = make('input', { type: 'checkbox', id, 'data-changes': '' });
        box.addEventListener('change', () => this.#draft.setBlocked(this.#members.get(continent), box.checked));
        return make(
            'div',
            { class: 'ui checkbox', 'data-continent': continent },
            box,
            make('label', { for: id }, name, make('span', { class: 'geoip-count' })),
        );
    }

    #show() {
        this.#continents.querySelectorAll('[data-continent]').forEach((toggle) => {
            const codes = this.#members.get(toggle.dataset.continent);
            const blocked = codes.filter((code) => this.#draft.isBlocked(code)).length;
            const box = toggle.querySelector('input');
            box.checked = blocked === codes.length;
            box.indeterminate = blocked > 0 && !box.checked;
            toggle.classList.toggle('indeterminate', box.indeterminate);
            toggle.querySelector('.geoip-count').textContent
                = ` ${words.number(blocked)}/${words.number(codes.length)}`;
        });
    }

    #setSeveral(isBlocked) {
        const { codes, unknown } = findByNames(this.#names.value, this.#draft.countries.values());
        this.#draft.setBlocked(codes, isBlocked);
        // What was not understood stays to be corrected.
        this.#names.value = unknown.join(', ');
        document.getElementById('geoip-several-outcome').textContent = [
            words.text('module_geoip_several_done', { n: words.number(codes.length) }),
            unknown.length === 0 ? '' : words.text('module_geoip_several_unknown', { names: unknown.join(', ') }),
        ].join(' ');
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

/** Choosing many countries at once: all, whole continents, several by their names. */
class GeoIpGroups {
    static #CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'];

    #draft;

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
        const answer = await GeoIpDialog.ask(
            GeoIpWords.text(`module_geoip_${word}_all_ask`),
            [GeoIpElements.make('p', {}, GeoIpWords.text(`module_geoip_${word}_all_consequence`))],
            [
                { name: '', text: GeoIpWords.text('module_geoip_cancel'), look: '' },
                { name: word, text: GeoIpWords.text(`module_geoip_${word}_all`), look: isBlocked ? 'red' : 'primary' },
            ],
        );
        if (answer === word) {
            this.#draft.setBlocked([...this.#draft.countries.keys()], isBlocked);
        }
    }

    #members(continent) {
        return [...this.#draft.countries.values()]
            .filter((country) => country.continent === continent)
            .map(({ code }) => code);
    }

    #listContinents() {
        const toggles = GeoIpGroups.#CONTINENTS.filter((continent) => this.#members(continent).length > 0)
            .map((continent) => [continent, GeoIpWords.text(`module_geoip_continent_${continent.toLowerCase()}`)])
            .sort(([, one], [, other]) => GeoIpWords.compare(one, other))
            .map(([continent, name]) => this.#continentToggle(continent, name));
        this.#continents.hidden = toggles.length === 0;
        this.#continents.replaceChildren(this.#continents.querySelector('legend'), ...toggles);
    }

    #continentToggle(continent, name) {
        const id = `geoip-continent-${continent}`;
        const box = GeoIpElements.make('input', { type: 'checkbox', id, 'data-changes': '' });
        box.addEventListener('change', () => this.#draft.setBlocked(this.#members(continent), box.checked));
        return GeoIpElements.make(
            'div',
            { class: 'ui checkbox', 'data-continent': continent },
            box,
            GeoIpElements.make('label', { for: id }, name, GeoIpElements.make('span', { class: 'geoip-count' })),
        );
    }

    #show() {
        this.#continents.querySelectorAll('[data-continent]').forEach((toggle) => {
            const codes = this.#members(toggle.dataset.continent);
            const blocked = codes.filter((code) => this.#draft.isBlocked(code)).length;
            const box = toggle.querySelector('input');
            box.checked = blocked === codes.length;
            box.indeterminate = blocked > 0 && !box.checked;
            toggle.classList.toggle('indeterminate', box.indeterminate);
            toggle.querySelector('.geoip-count').textContent
                = ` ${GeoIpWords.number(blocked)}/${GeoIpWords.number(codes.length)}`;
        });
    }

    #setSeveral(isBlocked) {
        const names = this.#names.value.split(/[,;\n]+/).map((name) => name.trim()).filter((name) => name !== '');
        const found = names.map((name) => [name, this.#codeOf(name)]);
        const codes = found.map(([, code]) => code).filter((code) => code !== undefined);
        const unknown = found.filter(([, code]) => code === undefined).map(([name]) => name);
        this.#draft.setBlocked(codes, isBlocked);
        // What was not understood stays to be corrected.
        this.#names.value = unknown.join(', ');
        document.getElementById('geoip-several-outcome').textContent = [
            GeoIpWords.text('module_geoip_several_done', { n: GeoIpWords.number(codes.length) }),
            unknown.length === 0 ? '' : GeoIpWords.text('module_geoip_several_unknown', { names: unknown.join(', ') }),
        ].join(' ');
    }

    #codeOf(name) {
        const wanted = GeoIpWords.fold(name);
        return [...this.#draft.countries.values()].find(({ names }) => names.includes(wanted))?.code;
    }
}

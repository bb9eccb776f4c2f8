// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from '../api.js';
import { make } from '../elements.js';
import { partList, readList } from '../pure/exception-list.js';
import { words } from '../words.js';

/** Takes exceptions from a list, one a line. Lines that cannot be right stay to be corrected. */
export class Import {
    #draft;

    #text = document.getElementById('geoip-import-list');

    #file = document.getElementById('geoip-import-file');

    #details = document.getElementById('geoip-import');

    constructor(draft) {
        this.#draft = draft;
        this.#file.addEventListener('change', async () => {
            this.#text.value = await this.#file.files[0]?.text() ?? '';
        });
        document.getElementById('geoip-import-add').addEventListener('click', () => this.#take());
    }

    async #take() {
        const list = readList(this.#text.value);
        try {
            this.#show(partList(list, await api.checkExceptions(list.lines)));
        } catch (error) {
            document.getElementById('geoip-import-outcome').textContent = error.message;
        }
    }

    #show({ exceptions, mistakes }) {
        this.#draft.addExceptions(exceptions);
        this.#text.value = mistakes.map(({ line }) => line).join('\n');
        this.#text.setAttribute('aria-invalid', mistakes.length > 0);
        this.#details.open = mistakes.length > 0;
        this.#file.value = '';
        document.getElementById('geoip-import-outcome').textContent = words.text(
            'module_geoip_import_done',
            { n: words.number(exceptions.length) },
        );
        // Only the wrong lines are left in the box, and by these they are counted.
        document.getElementById('geoip-import-errors').replaceChildren(...mistakes.map(
            ({ key, value }, index) => make('li', {}, words.text(
                'module_geoip_import_line',
                { n: words.number(index + 1), error: words.text(key, { value }) },
            )),
        ));
    }
}

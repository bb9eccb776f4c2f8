// SPDX-License-Identifier: GPL-3.0-or-later

import { make } from './elements.js';

const TITLE_ID = 'geoip-dialog-title';

/**
 * Asks a question that must be answered before anything else.
 *
 * @param {string} title
 * @param {(string|Node)[]} content
 * @param {{name: string, text: string, look: string}[]} answers what helps first, then what is risky, then what cancels;
 *     the first that is not risky (red) has the focus
 * @returns {Promise<string>} the name of the chosen answer; empty when the dialog was dismissed
 */
export function ask(title, content, answers) {
    const dialog = make(
        'dialog',
        { class: 'ui small modal', 'aria-labelledby': TITLE_ID },
        make('h2', { class: 'header', id: TITLE_ID }, title),
        make('div', { class: 'content' }, ...content),
        make('form', { class: 'actions', method: 'dialog' }, ...answers.map(
            ({ name, text, look }) => make('button', { type: 'submit', class: `ui ${look} button`, value: name }, text),
        )),
    );
    document.getElementById('module-geoip').append(dialog);
    dialog.showModal();
    dialog.querySelector('button:not(.red)').focus();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(dialog.returnValue);
        });
    });
}

// SPDX-License-Identifier: GPL-3.0-or-later

/** A question that must be answered before anything else. */
class GeoIpDialog {
    static #TITLE_ID = 'geoip-dialog-title';

    /**
     * @param {string} title
     * @param {(string|Node)[]} content
     * @param {{name: string, text: string, look: string}[]} answers the first one has the focus
     * @returns {Promise<string>} the name of the chosen answer; empty when the dialog was dismissed
     */
    static ask(title, content, answers) {
        const dialog = GeoIpElements.make(
            'dialog',
            { class: 'ui small modal', 'aria-labelledby': this.#TITLE_ID },
            GeoIpElements.make('h2', { class: 'header', id: this.#TITLE_ID }, title),
            GeoIpElements.make('div', { class: 'content' }, ...content),
            GeoIpElements.make('form', { class: 'actions', method: 'dialog' }, ...answers.map(
                ({ name, text, look }) => GeoIpElements.make(
                    'button',
                    { type: 'submit', class: `ui ${look} button`, value: name },
                    text,
                ),
            )),
        );
        document.getElementById('module-geoip').append(dialog);
        dialog.showModal();
        dialog.querySelector('button').focus();
        return new Promise((resolve) => {
            dialog.addEventListener('close', () => {
                dialog.remove();
                resolve(dialog.returnValue);
            });
        });
    }
}

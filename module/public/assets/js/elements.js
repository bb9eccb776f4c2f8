// SPDX-License-Identifier: GPL-3.0-or-later

/** Builds elements without ever making markup out of text. */
class GeoIpElements {
    /**
     * @param {string} name
     * @param {object} properties attributes, `class` among them; null leaves one out
     * @param {...(string|Node)} children
     */
    static make(name, properties = {}, ...children) {
        const element = document.createElement(name);
        for (const [attribute, value] of Object.entries(properties)) {
            if (value !== null) {
                element.setAttribute(attribute, value);
            }
        }
        element.append(...children);
        return element;
    }

    /** Text beside it says what it shows. */
    static icon(look) {
        return this.make('i', { class: `${look} icon`, 'aria-hidden': 'true' });
    }

    static flag(code) {
        return this.make('i', { class: `${code.toLowerCase()} flag`, 'aria-hidden': 'true' });
    }

    static button(look, text, onClick) {
        const button = this.make('button', { type: 'button', class: `ui ${look} button` }, text);
        button.addEventListener('click', onClick);
        return button;
    }
}

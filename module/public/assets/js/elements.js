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

    /** The same for a part of a drawing. */
    static svg(name, attributes = {}, ...children) {
        const element = document.createElementNS('http://www.w3.org/2000/svg', name);
        Object.entries(attributes).forEach(([attribute, value]) => element.setAttribute(attribute, value));
        element.append(...children);
        return element;
    }

    /**
     * @param {string[]} titles of the columns, by the keys of their texts without the prefix
     * @param {Node[]} rows
     */
    static table(titles, rows) {
        const head = titles.map((key) => this.make('th', { scope: 'col' }, GeoIpWords.text(`module_geoip_${key}`)));
        return this.make(
            'table',
            { class: 'ui very compact unstackable table' },
            this.make('thead', {}, this.make('tr', {}, ...head)),
            this.make('tbody', {}, ...rows),
        );
    }

    /** A row of a table; each cell is a text, an element or a list of them. */
    static row(...cells) {
        return this.make('tr', {}, ...cells.map((cell) => this.make('td', {}, ...[cell].flat())));
    }

    /** A country as it stands in a cell; nothing if there is none. */
    static country(code) {
        return code ? [this.flag(code), GeoIpWords.country(code)] : [];
    }

    /** Pairs for a list of facts: the key of a name without its prefix, and what it is. */
    static facts(pairs) {
        return pairs.flatMap(([key, ...fact]) => [
            this.make('dt', {}, GeoIpWords.text(`module_geoip_${key}`)),
            this.make('dd', {}, ...fact),
        ]);
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

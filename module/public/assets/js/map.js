// SPDX-License-Identifier: GPL-3.0-or-later
/* global GeoIpWorldMap */

/** The world map: shows the draft, toggles what is clicked. The table is its twin for keyboard and screen reader. */
class GeoIpMap {
    static #SVG = 'http://www.w3.org/2000/svg';

    static #TIP_DISTANCE = 14;

    #draft;

    #figure = document.getElementById('geoip-map');

    #tip = document.getElementById('geoip-map-tip');

    #shapes = new Map();

    #hovered = null;

    isLocked = true;

    constructor(draft) {
        this.#draft = draft;
        const map = GeoIpMap.#element('svg', {
            viewBox: GeoIpWorldMap.viewBox, 'aria-hidden': 'true', focusable: 'false',
        });
        map.append(GeoIpMap.#hatching());
        for (const [code, path] of Object.entries(GeoIpWorldMap.shapes)) {
            const shape = GeoIpMap.#element('path', { d: path, 'data-code': code });
            this.#shapes.set(code, shape);
            map.append(shape);
        }
        this.#figure.prepend(map);
        map.addEventListener('click', ({ target }) => this.#toggle(target.dataset.code));
        map.addEventListener('pointermove', (event) => this.#hover(event));
        map.addEventListener('pointerleave', () => this.#leave());
        draft.addEventListener('change', () => this.#show());
    }

    #show() {
        this.#shapes.forEach((shape, code) => shape.classList.toggle('geoip-blocked', this.#draft.isBlocked(code)));
        this.#showTip();
    }

    #toggle(code) {
        if (!this.isLocked && this.#draft.countries.has(code)) {
            this.#draft.toggle(code);
        }
    }

    #hover({ target, clientX, clientY }) {
        const { code } = target.dataset;
        if (code === undefined) {
            this.#leave();
            return;
        }
        if (code !== this.#hovered) {
            this.#hovered = code;
            this.#showTip();
        }
        const frame = this.#figure.getBoundingClientRect();
        const { offsetWidth, offsetHeight } = this.#tip;
        const right = clientX - frame.left + GeoIpMap.#TIP_DISTANCE;
        const below = clientY - frame.top + GeoIpMap.#TIP_DISTANCE;
        const isWide = right + offsetWidth > frame.width;
        const isLow = below + offsetHeight > frame.height;
        this.#tip.style.left = `${isWide ? right - offsetWidth - 2 * GeoIpMap.#TIP_DISTANCE : right}px`;
        this.#tip.style.top = `${isLow ? below - offsetHeight - 2 * GeoIpMap.#TIP_DISTANCE : below}px`;
    }

    #leave() {
        this.#hovered = null;
        this.#tip.hidden = true;
    }

    #showTip() {
        const code = this.#hovered;
        if (code === null) {
            return;
        }
        const subnets = this.#draft.countries.get(code)?.subnets;
        this.#tip.hidden = false;
        this.#tip.replaceChildren(
            GeoIpElements.make('strong', {}, GeoIpElements.flag(code), GeoIpWords.country(code)),
            GeoIpElements.make('div', {}, GeoIpWords.text(
                this.#draft.isBlocked(code) ? 'module_geoip_blocked' : 'module_geoip_allowed',
            )),
            subnets === undefined ? '' : GeoIpElements.make('div', {}, GeoIpWords.text(
                'module_geoip_subnets_count',
                { n: GeoIpWords.number(subnets.v4 + subnets.v6) },
            )),
        );
    }

    /** Stripes over the red: colour alone does not tell everybody what is blocked. */
    static #hatching() {
        const pattern = this.#element('pattern', {
            id: 'geoip-hatching', width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)',
        });
        pattern.append(
            this.#element('rect', { width: 8, height: 8, class: 'geoip-hatching-ground' }),
            this.#element('rect', { width: 3, height: 8, class: 'geoip-hatching-stripe' }),
        );
        const definitions = this.#element('defs', {});
        definitions.append(pattern);
        return definitions;
    }

    static #element(name, attributes) {
        const element = document.createElementNS(this.#SVG, name);
        Object.entries(attributes).forEach(([attribute, value]) => element.setAttribute(attribute, value));
        return element;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

import { flag, make, makeSvg } from '../elements.js';
import { LEVELS, levelOf } from '../pure/levels.js';
import { statusWord, words } from '../words.js';
import { shapes, viewBox } from '../world-map.js';

const TIP_DISTANCE = 14;

/**
 * The world map: shows the draft, toggles what is clicked; by choice it shows where packets come from instead. Tables are
 * its twins for keyboard and screen reader.
 */
export class CountryMap {
    #draft;

    #figure = document.getElementById('geoip-map');

    #tip = document.getElementById('geoip-map-tip');

    #shapes = new Map();

    #hovered = null;

    #byPackets = document.getElementById('geoip-map-packets');

    #caption = document.getElementById('geoip-map-caption');

    /** Packets by country, of whatever period is looked at. */
    #packets = new Map();

    isLocked = true;

    constructor(draft) {
        this.#draft = draft;
        const map = makeSvg('svg', {
            viewBox, 'aria-hidden': 'true', focusable: 'false',
        });
        map.append(hatching());
        for (const [code, path] of Object.entries(shapes)) {
            const shape = makeSvg('path', { d: path, 'data-code': code });
            this.#shapes.set(code, shape);
            map.append(shape);
        }
        this.#figure.prepend(map);
        map.addEventListener('click', ({ target }) => this.#toggle(target.dataset.code));
        map.addEventListener('pointermove', (event) => this.#hover(event));
        map.addEventListener('pointerleave', () => this.#leave());
        draft.addEventListener('change', () => this.#show());
        this.#byPackets.addEventListener('change', () => this.#show());
        document.getElementById('geoip-map-levels').append(
            ...LEVELS.map((level) => make('span', { class: `geoip-level-${level}` })),
        );
    }

    /** @param {Map<string, number>} packets by country */
    showPackets(packets) {
        this.#packets = packets;
        this.#show();
    }

    /** @param {?string[]} codes of the countries that a search found; null while nobody searches */
    showFound(codes) {
        this.#figure.classList.toggle('geoip-searched', codes !== null);
        this.#shapes.forEach((shape, code) => shape.classList.toggle('geoip-found', codes?.includes(code) ?? false));
    }

    #show() {
        const byPackets = this.#byPackets.checked;
        const most = Math.max(0, ...this.#packets.values());
        this.#figure.classList.toggle('geoip-by-packets', byPackets);
        this.#figure.classList.toggle('geoip-counting', this.#draft.action === 'count');
        document.getElementById('geoip-map-blocked').textContent = words.text(
            this.#draft.action === 'count' ? 'module_geoip_would_be_blocked' : 'module_geoip_blocked',
        );
        this.#caption.hidden = !byPackets;
        document.getElementById('geoip-map-packets-legend').hidden = !byPackets;
        document.getElementById('geoip-map-least').textContent = words.number(Math.min(1, most));
        document.getElementById('geoip-map-most').textContent = words.number(most);
        this.#shapes.forEach((shape, code) => {
            const level = byPackets ? levelOf(this.#packets.get(code) ?? 0, most) : null;
            shape.classList.toggle('geoip-blocked', this.#draft.isBlocked(code));
            LEVELS.forEach((one) => shape.classList.toggle(`geoip-level-${one}`, one === level));
        });
        this.#showTip();
    }

    #toggle(code) {
        if (this.isLocked || !this.#draft.countries.has(code)) {
            return;
        }
        if (this.#byPackets.checked) {
            // A click changes nothing here, and the caption says what would.
            this.#caption.classList.remove('geoip-flash');
            this.#caption.getBoundingClientRect();
            this.#caption.classList.add('geoip-flash');
            return;
        }
        this.#draft.toggle(code);
    }

    #hover({ target, clientX, clientY }) {
        const { code } = target.dataset;
        if (code === undefined) {
            this.#leave();
            return;
        }
        if (code !== this.#hovered) {
            this.#hovered = code;
            // What is drawn last lies above its neighbours, with the whole of its outline.
            target.parentNode.append(target);
            this.#showTip();
        }
        const frame = this.#figure.getBoundingClientRect();
        const { offsetWidth, offsetHeight } = this.#tip;
        const right = clientX - frame.left + TIP_DISTANCE;
        const below = clientY - frame.top + TIP_DISTANCE;
        const isWide = right + offsetWidth > frame.width;
        const isLow = below + offsetHeight > frame.height;
        this.#tip.style.left = `${isWide ? right - offsetWidth - 2 * TIP_DISTANCE : right}px`;
        this.#tip.style.top = `${isLow ? below - offsetHeight - 2 * TIP_DISTANCE : below}px`;
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
        const packets = this.#packets.get(code) ?? 0;
        this.#tip.hidden = false;
        this.#tip.replaceChildren(
            make('strong', {}, flag(code), words.country(code)),
            make('div', {}, statusWord(this.#draft, code)),
            subnets === undefined ? '' : make('div', {}, words.text(
                'module_geoip_subnets_count',
                { n: words.number(subnets.v4 + subnets.v6) },
            )),
            packets === 0 ? '' : make('div', {}, words.count('module_geoip_attempts', packets)),
        );
    }
}

/** Stripes over the red: colour alone does not tell everybody what is blocked. */
function hatching() {
    const pattern = makeSvg(
        'pattern',
        {
            id: 'geoip-hatching',
            width: 8,
            height: 8,
            patternUnits: 'userSpaceOnUse',
            patternTransform: 'rotate(45)',
        },
        makeSvg('rect', { width: 8, height: 8, class: 'geoip-hatching-ground' }),
        makeSvg('rect', { width: 3, height: 8, class: 'geoip-hatching-stripe' }),
    );
    return makeSvg('defs', {}, pattern);
}

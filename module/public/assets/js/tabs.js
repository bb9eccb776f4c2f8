// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * The tabs of the page, as Core's pages have them. The open one is in the address, as in `#activity`.
 *
 * Fires `open` when another one is shown.
 */
export class Tabs extends EventTarget {
    #tabs = [...document.querySelectorAll('#geoip-tabs [role=tab]')];

    #shown = '';

    constructor() {
        super();
        this.#tabs.forEach((tab) => tab.addEventListener('click', (event) => {
            event.preventDefault();
            this.open(tab.hash.slice(1));
        }));
        document.getElementById('geoip-tabs').addEventListener('keydown', (event) => this.#move(event));
        window.addEventListener('hashchange', () => this.#show());
        this.#show();
    }

    get opened() {
        const name = window.location.hash.slice(1);
        return this.#tabs.some((tab) => tab.hash === `#${name}`) ? name : this.#tabs[0].hash.slice(1);
    }

    open(name) {
        if (name !== this.opened) {
            window.location.hash = name;
            this.#show();
        }
    }

    /** The same where the button that was pressed is not seen any more. */
    goTo(name) {
        this.open(name);
        document.getElementById(`geoip-open-${name}`).focus();
    }

    #show() {
        const name = this.opened;
        document.getElementById('module-geoip').dataset.tab = name;
        this.#tabs.forEach((tab) => {
            const isOpen = tab.hash === `#${name}`;
            tab.classList.toggle('active', isOpen);
            tab.setAttribute('aria-selected', isOpen);
            tab.tabIndex = isOpen ? 0 : -1;
            document.getElementById(tab.getAttribute('aria-controls')).hidden = !isOpen;
        });
        if (name !== this.#shown) {
            this.#shown = name;
            this.dispatchEvent(new Event('open'));
        }
    }

    #move(event) {
        const isRtl = getComputedStyle(event.currentTarget).direction === 'rtl';
        const steps = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 };
        const at = this.#tabs.indexOf(event.target);
        const to = { Home: 0, End: this.#tabs.length - 1 }[event.key]
            ?? (at + (steps[event.key] ?? 0) + this.#tabs.length) % this.#tabs.length;
        if (at === -1 || to === at) {
            return;
        }
        event.preventDefault();
        this.open(this.#tabs[to].hash.slice(1));
        this.#tabs[to].focus();
    }
}

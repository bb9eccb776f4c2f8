// SPDX-License-Identifier: GPL-3.0-or-later

/** Asks before Core's switch puts a policy in force that cuts somebody off. */
class GeoIpEnabling {
    #box = document.getElementById('module-status');

    #affected;

    /** @param {?object[]} affected whom it cuts off, as the PBX said with this page; null if that is not known */
    constructor(affected) {
        this.#affected = affected;
        // Before Core's own script, which listens on the switch itself, hears of it.
        ['click', 'keydown'].forEach((type) => {
            document.addEventListener(type, (event) => this.#intercept(event), { capture: true });
        });
    }

    #intercept(event) {
        const isKey = event.type === 'keydown';
        const toggle = event.target.closest?.('.ui.toggle.checkbox');
        const isMeant = toggle?.contains(this.#box) && (!isKey || event.key === ' ' || event.key === 'Enter');
        const isHarmless = this.#affected !== null && this.#affected.length === 0;
        if (!isMeant || this.#box.checked || isHarmless) {
            return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        this.#ask(toggle);
    }

    async #ask(toggle) {
        const [title, ...content] = this.#affected === null
            ? ['affected_unchecked']
            : [
                'affected',
                GeoIpElements.make('p', {}, GeoIpWords.text('module_geoip_enable_text')),
                GeoIpAffected.table(this.#affected),
            ];
        const answer = await GeoIpDialog.ask(GeoIpWords.text(`module_geoip_${title}`), content, [
            { name: '', text: GeoIpWords.text('module_geoip_cancel'), look: '' },
            { name: 'enable', text: GeoIpWords.text('module_geoip_enable_anyway'), look: 'basic red' },
        ]);
        if (answer === 'enable') {
            this.#affected = [];
            toggle.querySelector('label').click();
        }
    }
}

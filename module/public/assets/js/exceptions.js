// SPDX-License-Identifier: GPL-3.0-or-later

/** The editor of the exceptions. */
class GeoIpExceptions {
    #draft;

    #input = document.getElementById('geoip-exception');

    #error = document.getElementById('geoip-exception-error');

    constructor(draft) {
        this.#draft = draft;
        document.getElementById('geoip-exception-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#add();
        });
        draft.addEventListener('change', () => this.#show());
    }

    #add() {
        const words = this.#input.value.split(/[\s,;]+/).filter((word) => word !== '');
        const invalid = words.filter((word) => GeoIpAddresses.subnet(word) === null);
        const subnets = words.map((word) => GeoIpAddresses.subnet(word)).filter((subnet) => subnet !== null);
        const present = subnets.filter((subnet) => this.#draft.exceptions.includes(subnet));
        this.#draft.addExceptions(subnets);
        this.#input.value = invalid.join(' ');
        this.#input.setAttribute('aria-invalid', invalid.length > 0);
        this.#error.textContent = [
            ...invalid.map((value) => GeoIpWords.text('module_geoip_exception_invalid', { value })),
            ...present.map((subnet) => GeoIpWords.text(
                'module_geoip_exception_present',
                { value: GeoIpAddresses.short(subnet) },
            )),
        ].join(' ');
        this.#input.focus();
    }

    #show() {
        const { exceptions } = this.#draft;
        document.getElementById('geoip-exceptions').replaceChildren(...exceptions.map((subnet) => this.#item(subnet)));
        document.getElementById('geoip-exceptions-none').hidden = exceptions.length > 0;
    }

    #item(subnet) {
        const address = GeoIpAddresses.short(subnet);
        const remove = GeoIpElements.button('mini basic icon', GeoIpElements.icon('trash alternate'), () => {
            this.#draft.removeException(subnet);
            this.#input.focus();
        });
        remove.setAttribute('aria-label', GeoIpWords.text('module_geoip_exception_remove', { address }));
        remove.dataset.changes = '';
        return GeoIpElements.make('li', {}, GeoIpElements.make('bdi', {}, address), remove);
    }
}

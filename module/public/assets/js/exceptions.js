// SPDX-License-Identifier: GPL-3.0-or-later

/** The editor of the exceptions. */
class GeoIpExceptions {
    static #MINUTE = 60000;

    #draft;

    #input = document.getElementById('geoip-exception');

    #note = document.getElementById('geoip-exception-note');

    #end = document.getElementById('geoip-exception-end');

    #date = document.getElementById('geoip-exception-date');

    #error = document.getElementById('geoip-exception-error');

    constructor(draft) {
        this.#draft = draft;
        for (const [value, unit] of [['1h', 'hour'], ['1d', 'day'], ['1w', 'week']]) {
            this.#end.lastElementChild.before(GeoIpElements.make('option', { value }, GeoIpWords.ahead(1, unit)));
        }
        this.#end.addEventListener('change', () => this.#showDate());
        document.getElementById('geoip-exception-form').addEventListener('submit', (event) => {
            event.preventDefault();
            this.#add();
        });
        draft.addEventListener('change', () => this.#show());
        // What is left of them becomes less, and some end.
        setInterval(() => draft.passTime(), GeoIpExceptions.#MINUTE);
    }

    /** Puts a subnet that somebody pointed at elsewhere on the page into the field, to be added or not. */
    offer(subnet) {
        this.#input.value = subnet;
        this.#input.focus();
    }

    #add() {
        const expires = this.#expires();
        if (expires !== null && GeoIpExpiry.isOver(expires)) {
            this.#complain(this.#date, [GeoIpWords.text('module_geoip_exception_past')]);
            return;
        }
        const words = this.#input.value.split(/[\s,;]+/).filter((word) => word !== '');
        const invalid = words.filter((word) => GeoIpAddresses.subnet(word) === null);
        const subnets = words.map((word) => GeoIpAddresses.subnet(word)).filter((subnet) => subnet !== null);
        const present = subnets.filter((subnet) => this.#draft.hasException(subnet));
        const note = this.#note.value.trim();
        this.#draft.addExceptions(
            subnets
                .filter((subnet) => !present.includes(subnet))
                .map((subnet) => ({ subnet, note, expires_at: expires })),
        );
        this.#input.value = invalid.join(' ');
        if (invalid.length === 0) {
            this.#note.value = '';
            this.#end.value = '';
            this.#showDate();
        }
        this.#complain(invalid.length > 0 ? this.#input : null, [
            ...invalid.map((value) => GeoIpWords.text('module_geoip_exception_invalid', { value })),
            ...present.map((subnet) => GeoIpWords.text(
                'module_geoip_exception_present',
                { value: GeoIpAddresses.short(subnet) },
            )),
        ]);
        this.#input.focus();
    }

    #showDate() {
        this.#date.hidden = this.#end.value !== 'date';
    }

    /** The chosen end; a date that is missing lies in the past. */
    #expires() {
        switch (this.#end.value) {
            case '':
                return null;
            case 'date':
                return GeoIpExpiry.parse(this.#date.value) ?? new Date(0).toISOString();
            default:
                return GeoIpExpiry.parse(this.#end.value);
        }
    }

    #complain(field, words) {
        for (const input of [this.#input, this.#date]) {
            input.setAttribute('aria-invalid', input === field);
        }
        this.#error.textContent = words.join(' ');
    }

    #show() {
        const { exceptions } = this.#draft;
        document.getElementById('geoip-exceptions').replaceChildren(...exceptions.map((one) => this.#item(one)));
        document.getElementById('geoip-exceptions-none').hidden = exceptions.length > 0;
    }

    #item({ subnet, note, expires_at: expires }) {
        const address = GeoIpAddresses.short(subnet);
        const remove = GeoIpElements.button('mini basic icon', GeoIpElements.icon('trash alternate'), () => {
            this.#draft.removeException(subnet);
            this.#input.focus();
        });
        remove.setAttribute('aria-label', GeoIpWords.text('module_geoip_exception_remove', { address }));
        remove.dataset.changes = '';
        const remarks = [
            ...(note === '' ? [] : [GeoIpElements.make('bdi', {}, note)]),
            ...(expires === null ? [] : [GeoIpElements.make('span', {}, GeoIpExpiry.words(expires))]),
        ];
        return GeoIpElements.make(
            'li',
            {},
            GeoIpElements.make('div', {}, GeoIpElements.make('bdi', {}, address), ...remarks.map(
                (remark) => GeoIpElements.make('div', { class: 'geoip-note' }, remark),
            )),
            remove,
        );
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later

/** Takes exceptions from a list, one a line: `subnet [end] [# note]`. Lines that cannot be right stay to be corrected. */
class GeoIpImport {
    static #LONGEST_NOTE = 200;

    #draft;

    #text = document.getElementById('geoip-import-list');

    #file = document.getElementById('geoip-import-file');

    constructor(draft) {
        this.#draft = draft;
        this.#file.addEventListener('change', async () => {
            this.#text.value = await this.#file.files[0]?.text() ?? '';
        });
        document.getElementById('geoip-import-add').addEventListener('click', () => this.#take());
    }

    #take() {
        const lines = this.#text.value.split(/\r?\n/).map((line) => ({ line, ...GeoIpImport.#read(line) }));
        const taken = lines.filter(({ exception }) => exception);
        const wrong = lines.map((line, index) => ({ ...line, number: index + 1 })).filter(({ error }) => error);
        this.#draft.addExceptions(taken.map(({ exception }) => exception));
        this.#text.value = wrong.map(({ line }) => line).join('\n');
        this.#text.setAttribute('aria-invalid', wrong.length > 0);
        this.#file.value = '';
        document.getElementById('geoip-import-outcome').textContent = GeoIpWords.text(
            'module_geoip_import_done',
            { n: GeoIpWords.number(taken.length) },
        );
        document.getElementById('geoip-import-errors').replaceChildren(...wrong.map(
            ({ number, error }) => GeoIpElements.make('li', {}, GeoIpWords.text(
                'module_geoip_import_line',
                { n: GeoIpWords.number(number), error },
            )),
        ));
    }

    /** @returns {{exception: ?object, error: ?string}} neither for a line without content */
    static #read(line) {
        const [, facts, note = ''] = line.match(/^([^#]*)(?:#(.*))?$/s);
        const [address, end, ...rest] = facts.split(/[\s,;]+/).filter((word) => word !== '');
        if (address === undefined) {
            return {};
        }
        const subnet = GeoIpAddresses.subnet(address);
        if (subnet === null) {
            return { error: GeoIpWords.text('module_geoip_exception_invalid', { value: address }) };
        }
        const expires = end === undefined ? null : GeoIpExpiry.parse(end);
        if (rest.length > 0 || (end !== undefined && expires === null)) {
            return { error: GeoIpWords.text('module_geoip_import_end', { value: rest[0] ?? end }) };
        }
        if (GeoIpExpiry.isOver(expires)) {
            return { error: GeoIpWords.text('module_geoip_exception_past') };
        }
        return {
            exception: { subnet, note: [...note.trim()].slice(0, this.#LONGEST_NOTE).join(''), expires_at: expires },
        };
    }
}

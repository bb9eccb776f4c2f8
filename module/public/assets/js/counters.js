// SPDX-License-Identifier: GPL-3.0-or-later

/** What the draft would put into the kernel, counted by the PBX while the administrator is choosing. */
class GeoIpCounters {
    static #PAUSE_MILLISECONDS = 500;

    #draft;

    #element = document.getElementById('geoip-counters');

    #timer = null;

    #asked = 0;

    #previewed = '';

    #sizes = null;

    /** The PBX serves no previews of a module that is switched off. */
    isOff = true;

    constructor(draft) {
        this.#draft = draft;
        draft.addEventListener('change', () => this.#changed());
    }

    /** What the draft would do. */
    preview() {
        return GeoIpApi.send('POST', 'policy:preview', {
            ...this.#draft.toPolicy(),
            scheme: GeoIpAddresses.scheme,
        });
    }

    #changed() {
        this.#show();
        const isReady = !this.isOff && this.#draft.countries.size > 0;
        if (isReady && JSON.stringify(this.#draft.toPolicy()) !== this.#previewed) {
            this.#element.classList.add('geoip-outdated');
            clearTimeout(this.#timer);
            this.#timer = setTimeout(() => this.#count(), GeoIpCounters.#PAUSE_MILLISECONDS);
        }
    }

    async #count() {
        this.#asked += 1;
        const asked = this.#asked;
        const policy = JSON.stringify(this.#draft.toPolicy());
        let sizes = null;
        try {
            sizes = await this.preview();
        } catch {
            // There may be no data yet; what can be counted here still is.
        }
        if (asked === this.#asked) {
            this.#previewed = policy;
            this.#sizes = sizes;
            this.#element.classList.remove('geoip-outdated');
            this.#show();
        }
    }

    #show() {
        const counts = [GeoIpElements.make('strong', {}, GeoIpWords.text('module_geoip_count_blocked', {
            blocked: GeoIpWords.number(this.#draft.blockedCount),
            countries: GeoIpWords.number(this.#draft.countries.size),
        }))];
        if (this.#sizes !== null) {
            const { entries, memoryBytes } = this.#sizes;
            counts.push(
                GeoIpElements.make('span', {}, GeoIpWords.text('module_geoip_count_entries', {
                    n: GeoIpWords.number(entries),
                })),
                GeoIpElements.make('span', {}, GeoIpWords.text('module_geoip_count_memory', {
                    size: GeoIpWords.bytes(memoryBytes),
                })),
            );
        }
        this.#element.replaceChildren(...counts);
    }
}

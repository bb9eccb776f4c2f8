// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from './api.js';
import { moduleSwitch, onModuleSwitched, whenReady } from './core.js';
import { DraftPreview } from './pure/draft-preview.js';
import { Draft } from './pure/draft.js';
import { Action } from './sections/action.js';
import { Activity } from './sections/activity.js';
import { Confirming } from './sections/confirming.js';
import { Counters } from './sections/counters.js';
import { CountryMap } from './sections/country-map.js';
import { CountryTable } from './sections/country-table.js';
import { Data } from './sections/data.js';
import { Enabling } from './sections/enabling.js';
import { Exceptions } from './sections/exceptions.js';
import { Explain } from './sections/explain.js';
import { Groups } from './sections/groups.js';
import { Import } from './sections/import.js';
import { Learning } from './sections/learning.js';
import { Saving } from './sections/saving.js';
import { Senders } from './sections/senders.js';
import { Status } from './sections/status.js';
import { words } from './words.js';
import { shapes } from './world-map.js';

const STATUS_MILLISECONDS = 30000;

/** The module's page: brings its parts together and keeps them true. */
class Page {
    #root = document.getElementById('module-geoip');

    #draft = new Draft((code) => words.namesOf(code));

    #data = new Data(this.#draft, () => this.#refresh());

    #status = new Status({
        update: () => this.#data.update(),
        repaired: () => this.#refresh(),
        retry: () => this.load(),
        enforce: () => this.#saving.enforce(),
        addOwn: () => this.#addOwn(),
    });

    #map = new CountryMap(this.#draft);

    #table = new CountryTable(this.#draft, (filter) => this.#keepFilter(filter));

    #preview = new DraftPreview(this.#draft, api.preview);

    #confirming = new Confirming((policy) => this.#takeDecided(policy), () => this.#addOwn());

    #saving = new Saving(this.#draft, this.#confirming, () => this.#loadStatus());

    #learning = new Learning(this.#draft, this.#saving);

    #exceptions = new Exceptions(this.#draft);

    #explain = new Explain();

    #activity = new Activity(
        new Senders((address) => this.#explain.explain(address), (subnet) => this.#exceptions.offer(subnet)),
        (packets) => this.#showPackets(packets),
    );

    /** The switches that are saved at once, by their names in the settings. */
    #switches = {
        confirmEvery: document.getElementById('geoip-confirm-every'),
        weeklySummary: document.getElementById('geoip-weekly'),
    };

    /** The address that this browser comes from, as the PBX sees it; empty before it said so. */
    #own = '';

    /** The source whose counts are shown; empty before the first. */
    #shownSource = '';

    /** The module is switched off, or may be. */
    #isOff = true;

    /** Nothing may be changed: not yet, not now, or not by this role. */
    #isLocked = true;

    constructor() {
        new Counters(this.#draft, this.#preview);
        new Groups(this.#draft);
        new Import(this.#draft);
        new Action(this.#draft);
        new Enabling(JSON.parse(this.#root.dataset.affected));
        this.#root.dir = words.direction;
        this.#lockControls();
        this.#draft.addEventListener('change', () => this.#follow());
        Object.entries(this.#switches).forEach(([name, box]) => {
            box.addEventListener('change', () => this.#keepSwitch(name, box));
        });
        // Core's switch in the page's header changes what is true here.
        onModuleSwitched(() => this.load());
        document.addEventListener('visibilitychange', () => this.#loadStatus());
        setInterval(() => this.#loadStatus(), STATUS_MILLISECONDS);
    }

    async load() {
        if (!moduleSwitch.checked) {
            this.#showOff();
            return;
        }
        this.#setOff(false);
        try {
            const policy = await api.getPatiently('policy', {}, () => this.#status.showStarting());
            this.#table.showFilter(policy.statusFilter);
            this.#draft.load(policy);
            this.#showSwitches(policy);
            await Promise.all([this.#loadCountries(), this.#loadStatus(), this.#activity.load()]);
            this.#lock(!this.#saving.isAllowed);
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    /** Shows what is saved, without the PBX's help: it serves no resources of a module that is switched off. */
    #showOff() {
        this.#setOff(true);
        this.#lock(true);
        this.#status.showOff();
        this.#learning.show(null);
        const policy = JSON.parse(this.#root.dataset.policy);
        this.#table.showFilter(policy.statusFilter);
        this.#showSwitches(policy);
        this.#draft.load(policy);
        this.#draft.loadCountries(Object.keys(shapes).map((code) => ({ code })));
    }

    async #refresh() {
        await Promise.all([this.#loadCountries(), this.#loadStatus()]);
    }

    async #loadStatus() {
        if (document.hidden || this.#isOff) {
            return;
        }
        try {
            const status = await api.get('status', { scheme: api.scheme });
            this.#own = status.own?.address ?? '';
            this.#status.show(status);
            this.#learning.show(status);
            this.#confirming.show(status);
            this.#data.showFacts(status.data);
            this.#data.showUpdate(status.update);
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    async #loadCountries() {
        const { source } = this.#draft;
        this.#shownSource = source;
        try {
            const { countries } = await api.getPatiently('countries', { source });
            if (source === this.#draft.source) {
                this.#draft.loadCountries(countries);
            }
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    /** The counts are those of the chosen source. */
    #follow() {
        if (this.#shownSource !== '' && this.#shownSource !== this.#draft.source) {
            this.#loadCountries();
        }
        this.#lockControls();
    }

    /** A change was kept or is gone: whatever counts now is shown, but no unsaved work is dropped. */
    async #takeDecided(decided) {
        this.#saving.forgetOutcome();
        try {
            const policy = decided ?? await api.get('policy');
            if (policy.revision === this.#draft.revision) {
                return;
            }
            if (this.#draft.isDirty) {
                this.#draft.supersede(policy);
            } else {
                this.#draft.load(policy);
            }
            await this.#loadStatus();
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    /** Lets in whoever is here, at once and with nothing else: he may be about to lose his connection. */
    async #addOwn() {
        try {
            const { exceptions, revision } = await api.get('policy');
            const own = { subnet: this.#own, note: '', expires_at: null };
            const saved = await api.send('PATCH', 'policy', { exceptions: [...exceptions, own], revision });
            await this.#takeDecided(saved);
            await this.#loadStatus();
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    #showSwitches(policy) {
        Object.entries(this.#switches).forEach(([name, box]) => {
            box.checked = policy[name];
        });
    }

    async #keepSwitch(name, box) {
        const isOn = box.checked;
        try {
            await api.send('PATCH', 'policy', { [name]: isOn });
        } catch {
            box.checked = !isOn;
        }
    }

    async #keepFilter(statusFilter) {
        try {
            await api.send('PATCH', 'policy', { statusFilter });
        } catch {
            // Next time the page shows another filter: nothing to bother anybody with.
        }
    }

    #showPackets(packets) {
        this.#map.showPackets(packets);
        this.#lockControls();
    }

    #setOff(isOff) {
        this.#isOff = isOff;
        this.#preview.isOff = isOff;
        this.#activity.isOff = isOff;
    }

    #lock(isLocked) {
        this.#isLocked = isLocked;
        this.#map.isLocked = isLocked;
        this.#table.lock(isLocked);
        this.#lockControls();
    }

    /** Some controls come and go with what is shown. */
    #lockControls() {
        this.#root.querySelectorAll('[data-changes]').forEach((control) => {
            control.disabled = this.#isLocked;
        });
        this.#root.querySelectorAll('[data-asks]').forEach((control) => {
            control.disabled = this.#isOff;
        });
    }
}

whenReady(() => new Page().load());

// SPDX-License-Identifier: GPL-3.0-or-later

import * as api from './api.js';
import {
    moduleSwitch, nameModuleSwitch, onModuleSwitched, rootUrl, saveButton, whenReady,
} from './core.js';
import { DraftPreview } from './pure/draft-preview.js';
import { searchable } from './pure/country-search.js';
import { Draft } from './pure/draft.js';
import { Activity } from './sections/activity.js';
import { Admin } from './sections/admin.js';
import { Choice } from './sections/choice.js';
import { Confirming } from './sections/confirming.js';
import { Counters } from './sections/counters.js';
import { CountryMap } from './sections/country-map.js';
import { CountrySearch } from './sections/country-search.js';
import { CountryTable } from './sections/country-table.js';
import { Data } from './sections/data.js';
import { Enabling } from './sections/enabling.js';
import { Exceptions } from './sections/exceptions.js';
import { Explain } from './sections/explain.js';
import { Export } from './sections/export.js';
import { FirstSteps } from './sections/first-steps.js';
import { Groups } from './sections/groups.js';
import { Import } from './sections/import.js';
import { Learning } from './sections/learning.js';
import { Listed } from './sections/listed.js';
import { Lists } from './sections/lists.js';
import { Networks } from './sections/networks.js';
import { Phones } from './sections/phones.js';
import { Saving } from './sections/saving.js';
import { Senders } from './sections/senders.js';
import { Status } from './sections/status.js';
import { Tabs } from './tabs.js';
import { words } from './words.js';
import { shapes } from './world-map.js';

const STATUS_MILLISECONDS = 30000;

/** The module's page: brings its parts together and keeps them true. */
class Page {
    #root = document.getElementById('module-geoip');

    #draft = new Draft((code) => words.namesOf(code).map(searchable));

    #data = new Data(this.#draft, () => this.#refresh());

    #status = new Status({
        update: () => this.#data.update(),
        repaired: () => this.#refresh(),
        retry: () => this.load(),
        enforce: () => this.#saving.enforce(),
        allow: (people) => this.#allow(people),
        allowOwn: () => this.#allowOwn(),
        export: () => this.#openExport(),
        letIn: (phone) => this.#offerPhone(phone),
    });

    #map = new CountryMap(this.#draft);

    #table = new CountryTable(this.#draft);

    #firstSteps = new FirstSteps(this.#draft);

    #search = new CountrySearch(this.#draft, (filter) => this.#keepFilter(filter));

    #counters = new Counters(this.#draft, new DraftPreview(this.#draft, api.preview));

    #confirming = new Confirming((policy) => this.#takeDecided(policy), () => this.#allowOwnAndKeep());

    #saving = new Saving(this.#draft, this.#confirming, () => this.#afterSave());

    #learning = new Learning(this.#draft, this.#saving, (networks) => { this.#networks.spared = networks; });

    #exceptions = new Exceptions(this.#draft);

    #phones = new Phones(this.#draft, (phone) => this.#offerPhone(phone), () => this.#afterSave());

    #explain = new Explain();

    #lists = new Lists(this.#draft);

    #networks = new Networks(this.#draft, () => this.#learnNetworks());

    #admin = new Admin(this.#draft);

    #export = new Export();

    #activity = new Activity(
        new Senders(this.#draft, {
            explain: (...asked) => this.#explain.explain(...asked),
            except: (subnet) => this.#offerException(subnet),
            block: (number) => this.#blockNetwork(number),
        }),
        new Listed(this.#draft, (id) => this.#blockList(id), () => this.#activity.load()),
        (packets) => this.#showPackets(packets),
        (attempts) => this.#status.showAttempts(attempts),
    );

    /** The switches that are saved at once, by their names in the settings. */
    #switches = {
        confirmEvery: document.getElementById('geoip-confirm-every'),
        weeklySummary: document.getElementById('geoip-weekly'),
    };

    /** Whether the PBX knows whom to send mail to. */
    #canMail = true;

    #switchError = document.getElementById('geoip-switch-error');

    /** The address that this browser comes from, as the PBX sees it; empty before it said so. */
    #own = '';

    /** What is saved, as the PBX wrote it into the page; null once it was used, for it grows old. */
    #embedded = JSON.parse(this.#root.dataset.policy);

    /** The source whose counts are shown; empty before the first. */
    #shownSource = '';

    /** The module is switched off, or may be. */
    #isOff = true;

    /** Nothing may be changed: not yet, not now, or not by this role. */
    #isLocked = true;

    #tabs;

    constructor() {
        new Groups(this.#draft);
        new Import(this.#draft);
        new Choice(this.#draft);
        new Enabling(JSON.parse(this.#root.dataset.affected));
        this.#root.dir = words.direction;
        this.#tabs = new Tabs();
        this.#tabs.addEventListener('open', () => this.#loadLists());
        nameModuleSwitch(words.text('module_geoip_switch'));
        document.getElementById('geoip-open-mail').href = `${rootUrl}mail-settings/modify/`;
        document.getElementById('geoip-skip').addEventListener('click', () => saveButton?.focus());
        this.#lockControls();
        // Some controls come and go with what is shown.
        new MutationObserver(() => this.#lockControls()).observe(this.#root, { childList: true, subtree: true });
        this.#draft.addEventListener('change', () => this.#follow());
        this.#search.addEventListener('found', () => this.#showFound());
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
            const policy = this.#embedded ?? await api.getPatiently('policy');
            this.#embedded = null;
            this.#search.showFilter(policy.statusFilter);
            this.#draft.load(policy);
            this.#showSwitches(policy);
            this.#activity.load(true);
            await this.#loadCountries(this.#loadStatus(true));
            this.#lock(!this.#saving.isAllowed);
            await Promise.all([this.#loadAffected(), this.#loadLists()]);
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
        if (this.#embedded === null) {
            // What was saved since then is known.
            this.#draft.discard();
        } else {
            this.#search.showFilter(this.#embedded.statusFilter);
            this.#showSwitches(this.#embedded);
            this.#draft.load(this.#embedded);
        }
        this.#draft.loadCountries(Object.keys(shapes).map((code) => ({ code })));
    }

    async #refresh() {
        await Promise.all([this.#loadCountries(), this.#loadStatus()]);
    }

    async #afterSave() {
        this.#export.refresh();
        // The status may bring other settings than those of the draft.
        await this.#loadStatus();
        await Promise.all([this.#loadAffected(), this.#loadLists()]);
    }

    /** @param {boolean} isPatient whether the module's resources may be about to appear */
    async #loadStatus(isPatient = false) {
        if (document.hidden || this.#isOff) {
            return;
        }
        try {
            const status = isPatient
                ? await api.getPatiently('status', { scheme: api.scheme }, () => this.#status.showStarting())
                : await api.get('status', { scheme: api.scheme });
            this.#own = status.own?.address ?? '';
            this.#status.show(status);
            this.#learning.show(status);
            this.#exceptions.showKnown(status);
            this.#phones.show(status.phones);
            this.#activity.isFiltering = ['active', 'learning', 'attention'].includes(status.state);
            this.#confirming.show(status);
            this.#data.showFacts(status.data);
            this.#data.showUpdate(status.update);
            // The page may come out of a cache, and news gets lost.
            await this.#saving.hear({ revision: status.wanted.revision });
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    /** It can be told now in which networks phones and providers are. */
    async #learnNetworks() {
        this.#learning.expire();
        await this.#loadStatus();
    }

    /** What is known of block lists and networks is asked for only where it is seen. */
    async #loadLists() {
        if (!this.#isOff && this.#tabs.opened === 'lists') {
            await Promise.all([this.#lists.load(), this.#networks.load()]);
        }
    }

    /** @param {?Promise} first what is to be seen before the countries, which take the browser a while */
    async #loadCountries(first = null) {
        const { source } = this.#draft;
        this.#shownSource = source;
        try {
            const [{ countries }] = await Promise.all([api.getPatiently('countries', { source }), first]);
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
                this.#draft.keepMine(this.#draft.merge(policy));
            } else {
                this.#draft.load(policy);
            }
            await this.#afterSave();
        } catch (error) {
            this.#status.showUnreachable(error);
        }
    }

    async #allow(people) {
        try {
            const saved = await this.#saving.allow(people);
            await this.#takeDecided(saved);
            return saved;
        } catch (error) {
            this.#status.complain(error);
            return null;
        }
    }

    #allowOwn() {
        return this.#allow([{ kind: 'own', name: '', address: this.#own }]);
    }

    async #allowOwnAndKeep() {
        const saved = await this.#allowOwn();
        if (saved?.trial) {
            await this.#confirming.keep();
        }
    }

    #openExport() {
        this.#tabs.open('settings');
        this.#export.open();
    }

    #offerException(subnet) {
        this.#tabs.open('exceptions');
        this.#exceptions.offer(subnet);
    }

    #blockNetwork(number) {
        this.#draft.setNetworksBlocked([number], true);
        this.#tabs.goTo('lists');
    }

    #blockList(id) {
        this.#draft.addPublishedList(id);
        this.#tabs.goTo('lists');
    }

    /** @param {{phone: string, name: string}} phone */
    #offerPhone(phone) {
        this.#tabs.open('exceptions');
        this.#exceptions.offerPhone(phone);
    }

    #showFound() {
        const { codes, isSearched } = this.#search;
        this.#table.showFound(codes, isSearched);
        this.#map.showFound(isSearched ? codes : null);
    }

    /** Whom the saved policy cuts off; of a draft that is asked before it is saved. */
    async #loadAffected() {
        if (this.#isOff || this.#draft.isDirty) {
            return;
        }
        try {
            const { affected } = await api.affectedBy(this.#draft.toPolicy());
            this.#status.showAffected(affected);
        } catch {
            // The status says what is wrong.
            this.#status.showAffected(null);
        }
    }

    #showSwitches(policy) {
        Object.entries(this.#switches).forEach(([name, box]) => {
            box.checked = policy[name];
        });
        this.#canMail = policy.canMail;
        this.#admin.load(policy);
        this.#showMail();
    }

    /** A summary that nobody can get is worth a word. */
    #showMail() {
        document.getElementById('geoip-weekly-no-address').hidden = this.#canMail || !this.#switches.weeklySummary.checked;
    }

    async #keepSwitch(name, box) {
        const isOn = box.checked;
        this.#showMail();
        try {
            await api.send('PATCH', 'policy', { [name]: isOn });
            this.#switchError.textContent = '';
        } catch (error) {
            box.checked = !isOn;
            this.#switchError.textContent = `${words.text('module_geoip_save_failed')}. ${error.message}`;
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
        this.#firstSteps.showPackets(packets);
    }

    #setOff(isOff) {
        this.#isOff = isOff;
        this.#counters.isOff = isOff;
        this.#firstSteps.isOff = isOff;
        this.#activity.isOff = isOff;
    }

    #lock(isLocked) {
        this.#isLocked = isLocked;
        this.#map.isLocked = isLocked;
        this.#table.lock(isLocked);
        this.#lockControls();
    }

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

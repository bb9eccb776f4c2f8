// SPDX-License-Identifier: GPL-3.0-or-later

// What the page says first: what the filter does, in one line.

/** What a problem means to an administrator, by its code; the first that is there counts. */
const BY_PROBLEM = {
    'helper.missing': 'no_program',
    'helper.damaged': 'no_program',
    'firewall.ipset_missing': 'no_ipset',
    'firewall.iptables_missing': 'no_ipset',
    'pbx.firewall_unmanaged': 'unmanaged',
    'pbx.firewall_off': 'firewall_off',
    'pbx.withheld': 'withheld',
    'database.missing': 'no_data',
    'firewall.accepted_before': 'accepts_all',
    'policy.exempts_everybody': 'exempts_all',
    'policy.pending': 'not_in_force',
};

/** How each looks: a colour of Core's messages, and an icon. */
const LOOKS = {
    off: ['', 'power off'],
    busy: ['', 'notched circle loading'],
    unreachable: ['negative', 'unlink'],
    refused: ['negative', 'ban'],
    no_program: ['negative', 'exclamation circle'],
    no_ipset: ['negative', 'exclamation circle'],
    unmanaged: ['', 'server'],
    firewall_off: ['negative', 'exclamation circle'],
    withheld: ['warning', 'pause circle'],
    no_data: ['warning', 'download'],
    accepts_all: ['negative', 'door open'],
    exempts_all: ['warning', 'door open'],
    not_in_force: ['warning', 'exclamation triangle'],
    inactive: ['negative', 'exclamation circle'],
    attention: ['warning', 'exclamation triangle'],
    nobody: ['info', 'hand point down outline'],
    admin_only: ['positive', 'user shield'],
    lists_only: ['positive', 'shield alternate'],
    networks_only: ['positive', 'shield alternate'],
    learning: ['violet', 'eye'],
    blocked: ['positive', 'shield alternate'],
    all_but: ['positive', 'shield alternate'],
    all: ['positive', 'shield alternate'],
};

/**
 * @param {object} status as `GET status` answers it
 * @returns {{name: string, n: ?number, colour: string, icon: string}} the name of the headline; `n` is the number in it
 */
export function headlineOf({ state, problems = [], counts, wanted }) {
    const { name, n = null } = meaning(state, problems, counts);
    const known = name === 'nobody' && state === 'active' ? withoutCountries(wanted) : name;
    return { name: known, n, ...lookOf(known) };
}

/**
 * @param {ApiError} error why nothing is known of the filter
 * @returns {string} the name of its headline
 */
export function nameOfError({ status, code }) {
    if (BY_PROBLEM[code] !== undefined) {
        return BY_PROBLEM[code];
    }
    if ([403, 429].includes(status)) {
        return 'refused';
    }
    const isUnanswered = !code && (status === 0 || status === 400 || status === 404 || status >= 500);
    return isUnanswered ? 'unreachable' : 'attention';
}

/** A colour and an icon by the name of a headline. */
export function lookOf(name) {
    const [colour, icon] = LOOKS[name];
    return { colour, icon };
}

/** True if connections are really blocked. */
export function isProtecting({ name }) {
    return ['blocked', 'all_but', 'all', 'admin_only', 'lists_only', 'networks_only'].includes(name);
}

/** What the filter does where no country is chosen. */
function withoutCountries({ lists = [], networks = [], admin = null } = {}) {
    if (lists.length > 0) {
        return 'lists_only';
    }
    if (networks.length > 0) {
        return 'networks_only';
    }
    return admin === null ? 'nobody' : 'admin_only';
}

function meaning(state, problems, counts) {
    if (state === 'off') {
        return { name: 'off' };
    }
    const known = Object.keys(BY_PROBLEM).find((code) => problems.some((problem) => problem.code === code)
        // What waits to be put in force is not the matter where nothing is.
        && !(code === 'policy.pending' && state === 'inactive'));
    if (known !== undefined) {
        return { name: BY_PROBLEM[known] };
    }
    return state === 'active' ? protection(counts) : { name: state };
}

function protection({ blocked, countries }) {
    const allowed = countries - blocked;
    if (blocked === 0) {
        return { name: 'nobody' };
    }
    if (allowed === 0) {
        return { name: 'all' };
    }
    return blocked > allowed ? { name: 'all_but', n: allowed } : { name: 'blocked', n: blocked };
}

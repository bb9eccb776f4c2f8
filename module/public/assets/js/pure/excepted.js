// SPDX-License-Identifier: GPL-3.0-or-later

/** By what an exception says who passes: the names of its fields. */
const KINDS = ['subnet', 'host', 'phone'];

/** Who passes, as the PBX writes it. */
export function whoOf(exception) {
    return exception[kindOf(exception)];
}

/** An exception as the settings have it, of one that the PBX checked. */
export function exceptionOf(checked, note) {
    return { [kindOf(checked)]: whoOf(checked), note, expires_at: checked.expires_at };
}

function kindOf(exception) {
    return KINDS.find((kind) => exception[kind] !== undefined);
}

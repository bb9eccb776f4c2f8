// SPDX-License-Identifier: GPL-3.0-or-later
/* global $, EventBus, globalRootUrl, globalTranslate, globalWebAdminLanguage */

// All that the page takes from Core's own scripts, which are no modules: they leave globals.

export const language = globalWebAdminLanguage;

/** The sentences of the page's language by their keys. */
export const sentences = globalTranslate;

/** The cabinet's own path, with a slash at its end. */
export const rootUrl = globalRootUrl;

/** Core's "save"; null for a role that may not save. */
export const saveButton = document.getElementById('submitbutton');

/** Core's switch in the page's header; checked while the module is on. */
export const moduleSwitch = document.getElementById('module-status');

/** Has Core's switch say, on or off, what it is for. */
export function nameModuleSwitch(name) {
    sentences.ext_ModuleDisabledStatusEnabled = name;
    sentences.ext_ModuleDisabledStatusDisabled = name;
    const label = document.querySelector('label[for=module-status]');
    label.textContent = name;
    label.dir = 'auto';
}

export function onModuleSwitched(callback) {
    window.addEventListener('ModuleStatusChanged', callback);
}

/** Has the PBX's events of this name handed to `callback`. */
export function onEvent(name, callback) {
    EventBus.subscribe(name, callback);
}

/** Core puts its bearer token into what is sent through this very function. */
export function ajax(settings) {
    return $.ajax(settings);
}

/** Calls back when Core's own scripts have done what they do with a new page. */
export function whenReady(callback) {
    $(document).ready(callback);
}

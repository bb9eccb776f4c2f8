// SPDX-License-Identifier: GPL-3.0-or-later

/** The choice whether connections from blocked countries are dropped or only counted. */
export class Action {
    constructor(draft) {
        const choices = document.querySelectorAll('#geoip-action input');
        choices.forEach((choice) => choice.addEventListener('change', () => draft.setAction(choice.value)));
        draft.addEventListener('change', () => choices.forEach((choice) => {
            choice.checked = choice.value === draft.action;
        }));
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, EventBus, ModulesAPI, UserMessage, globalTranslate */

/** The toggle that enables and disables the module of the page, and tells the page when that is done. */
$(document).ready(() => {
    const $toggle = $('#module-status-toggle');
    const uniqid = $toggle.attr('data-value');
    const change = (request) => () => {
        $('.ui.toggle.checkbox').addClass('disabled');
        $toggle.find('label').text(globalTranslate.ext_ModuleStatusChanging);
        request({ uniqid, channelId: 'module-status' });
    };
    $toggle.checkbox({
        onChecked: change(ModulesAPI.enableModule),
        onUnchecked: change(ModulesAPI.disableModule),
    });
    EventBus.subscribe('module-status', ({ moduleUniqueId, stageDetails }) => {
        if (moduleUniqueId !== uniqid) {
            return;
        }
        $('.ui.toggle.checkbox').removeClass('disabled');
        if (stageDetails.result) {
            window.dispatchEvent(new Event('ModuleStatusChanged'));
            window.location.reload();
        } else {
            UserMessage.showMultiString(stageDetails.messages, globalTranslate.ext_ModuleChangeStatusError);
        }
    });
});

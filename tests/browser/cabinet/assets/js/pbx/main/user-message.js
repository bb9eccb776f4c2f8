// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, globalTranslate */

/** Messages at the top of the page. As in Core what it is given is taken for HTML. */
const UserMessage = {
    $ajaxMessagesDiv: $('#ajax-messages'),

    show(kind, message, header) {
        const lines = Array.isArray(message) ? message.join('<br>') : String(message).replace(/\n/g, '<br>');
        const content = $('<div class="content">').append($('<div class="header">').html(header), $('<p>').html(lines));
        UserMessage.$ajaxMessagesDiv.after($('<div>').addClass(`ui ${kind} icon message ajax`).append(content));
    },

    showError(message, header = '') {
        UserMessage.show('error', message, header || globalTranslate.msg_ErrorHeader);
    },

    showWarning(message, header = '') {
        UserMessage.show('warning', message, header || globalTranslate.msg_WarningHeader);
    },

    showInformation(message, header = '') {
        UserMessage.show('info', message, header || globalTranslate.msg_infoHeader);
    },

    showMultiString(messages, header = '') {
        $('.ui.message.ajax').remove();
        $.each(messages, (kind, message) => {
            (kind === 'error' ? UserMessage.showError : UserMessage.showWarning)(message, header);
        });
    },
};

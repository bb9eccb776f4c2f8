// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global $, UserMessage */

/** Watches a form for changes and sends it by its submit button. */
const Form = {
    $formObj: '',
    validateRules: {},
    url: '',
    method: 'POST',
    cbBeforeSendForm: '',
    cbAfterSendForm: '',
    enableDirrity: true,
    processData: true,
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    keyboardShortcuts: true,
    oldFormValues: [],
    apiSettings: { enabled: false, apiObject: null, saveMethod: 'saveRecord' },
    $dirrtyField: $('#dirrty'),
    $submitButton: $('#submitbutton'),

    initialize() {
        if (Form.enableDirrity) {
            Form.initializeDirrity();
        }
        Form.$submitButton.on('click', (event) => {
            event.preventDefault();
            if (Form.$submitButton.is('.loading, .disabled')) {
                return;
            }
            Form.$formObj.form({
                on: 'blur',
                fields: Form.validateRules,
                onSuccess() {
                    Form.submitForm();
                },
                onFailure() {
                    Form.$formObj.addClass('error');
                },
            });
            Form.$formObj.form('validate form');
        });
        Form.$formObj.on('submit', (event) => event.preventDefault());
    },

    initializeDirrity() {
        Form.saveInitialValues();
        Form.setEvents();
        Form.$submitButton.addClass('disabled');
    },

    saveInitialValues() {
        Form.oldFormValues = Form.$formObj.form('get values');
    },

    setEvents() {
        Form.$formObj.find('input, select').change(() => Form.checkValues());
        Form.$formObj.find('input, textarea').on('keyup keydown blur', () => Form.checkValues());
        Form.$formObj.find('.ui.checkbox').on('click', () => Form.checkValues());
    },

    checkValues() {
        const values = Form.$formObj.form('get values');
        const isSame = JSON.stringify(Form.oldFormValues) === JSON.stringify(values);
        Form.$submitButton.toggleClass('disabled', isSame);
    },

    dataChanged() {
        if (Form.enableDirrity) {
            Form.$dirrtyField.val(Math.random()).trigger('change');
        }
    },

    submitForm() {
        Form.$submitButton.addClass('loading');
        const settings = Form.cbBeforeSendForm({ data: Form.$formObj.form('get values') });
        if (settings === false) {
            Form.$submitButton.transition('shake').removeClass('loading');
            return;
        }
        const { enabled, apiObject, saveMethod } = Form.apiSettings;
        if (enabled && apiObject) {
            apiObject[saveMethod](settings.data, (response) => Form.handleSubmitResponse(response));
            return;
        }
        $.api({
            url: Form.url,
            on: 'now',
            method: Form.method,
            processData: Form.processData,
            contentType: Form.contentType,
            data: settings.data,
            onSuccess: (response) => Form.handleSubmitResponse(response),
            onFailure: () => Form.$submitButton.transition('shake').removeClass('loading'),
        });
    },

    handleSubmitResponse(response) {
        Form.$submitButton.removeClass('loading');
        $('.ui.message.ajax').remove();
        if (!response.success && !response.result) {
            Form.$submitButton.transition('shake');
            if (response.messages && response.messages.error) {
                UserMessage.showError(response.messages.error);
            }
            return;
        }
        window.dispatchEvent(new CustomEvent('ConfigDataChanged'));
        if (Form.cbAfterSendForm) {
            Form.cbAfterSendForm(response);
        }
        if (Form.enableDirrity) {
            Form.initializeDirrity();
        }
    },
};

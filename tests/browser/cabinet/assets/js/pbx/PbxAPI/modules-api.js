// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global PbxApiClient */

const ModulesAPI = new PbxApiClient({
    endpoint: '/pbxcore/api/v3/modules',
    customMethods: { enable: ':enable', disable: ':disable' },
});

ModulesAPI.enableModule = ({ uniqid, channelId }) => {
    ModulesAPI.callCustomMethod('enable', { asyncChannelId: channelId }, undefined, 'POST', uniqid);
};

ModulesAPI.disableModule = ({ uniqid, channelId }) => {
    ModulesAPI.callCustomMethod('disable', { asyncChannelId: channelId }, undefined, 'POST', uniqid);
};

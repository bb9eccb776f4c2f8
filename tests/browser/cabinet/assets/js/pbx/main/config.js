// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global globalWebAdminLanguage */

const Config = { pbxUrl: '', webAdminLanguage: globalWebAdminLanguage || 'en' };

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

// Core's own words, as far as the frame and the scripts around the page say them; in English whatever the language.

return [
    'bt_SaveSettings' => 'Save',
    'dt_First' => '',
    'dt_Info' => '_START_ to _END_ of _TOTAL_',
    'dt_InfoEmpty' => 'Nothing matches',
    'dt_Last' => '',
    'dt_Next' => 'Next',
    'dt_Previous' => 'Previous',
    'dt_Search' => 'Search',
    'dt_TableIsEmpty' => 'Nothing to show',
    'ext_ModuleChangeStatusError' => 'The module could not be switched',
    'ext_ModuleDisabledStatusDisabled' => 'Module disabled',
    'ext_ModuleDisabledStatusEnabled' => 'Module enabled',
    'ext_ModuleStatusChanging' => 'Switching the module…',
    'ex_Loading' => 'Loading',
    'loc_NoResult' => 'Nothing found',
    'msg_ErrorHeader' => 'Error',
    'msg_WarningHeader' => 'Warning',
    'msg_infoHeader' => 'Information',
];

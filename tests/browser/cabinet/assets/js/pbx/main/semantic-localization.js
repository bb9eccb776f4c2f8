// SPDX-License-Identifier: GPL-3.0-or-later
// The double of the script of this name in Core: what modules may hold on to, and no more.

/* global globalTranslate */

const SemanticLocalization = {
    dataTableLocalisation: {
        search: '_INPUT_<i class="search icon"></i>',
        searchPlaceholder: globalTranslate.dt_Search,
        info: globalTranslate.dt_Info,
        infoEmpty: globalTranslate.dt_InfoEmpty,
        infoFiltered: '',
        zeroRecords: globalTranslate.dt_TableIsEmpty,
        paginate: {
            first: globalTranslate.dt_First,
            previous: globalTranslate.dt_Previous,
            next: globalTranslate.dt_Next,
            last: globalTranslate.dt_Last,
        },
    },
};

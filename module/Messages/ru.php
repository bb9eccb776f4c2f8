<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

return [
    // identity
    'BreadcrumbModuleGeoIP' => 'Фильтр по странам',
    'SubHeaderModuleGeoIP' => 'Отбрасывает подключения из выбранных стран до того, как они дойдут до АТС',
    'mo_ModuleGeoIP' => 'Фильтр по странам',
    'repModuleGeoIP' => 'Фильтр по странам: %represent%',

    // the page
    'module_geoip_loading' => 'Чтение состояния фильтра…',
    'module_geoip_in_force' => 'Сохранённая политика действует.',
    'module_geoip_source' => 'Источник данных',
    'module_geoip_source_dbip' => 'DB-IP Lite, обновляется ежемесячно',
    'module_geoip_source_rir' => 'Региональные регистратуры, обновляется ежедневно',
    'module_geoip_source_ipdeny' => 'ipdeny.com, обновляется ежедневно',
    'module_geoip_mode' => 'Что блокировать',
    'module_geoip_mode_block' => 'Выбранные страны',
    'module_geoip_mode_allow' => 'Все страны, кроме выбранных',
    'module_geoip_allow' => 'Адреса и подсети, доступ которым разрешён всегда',
    'module_geoip_update_now' => 'Обновить сейчас',
    'module_geoip_country' => 'Страна',
    'module_geoip_code' => 'Код',
    'module_geoip_subnets' => 'Подсети',
    'module_geoip_save' => 'Сохранить',

    // refused requests
    'module_geoip_failed' => 'Что-то пошло не так; подробности в системном журнале.',
    'module_geoip_unknown_action' => 'Такого действия нет.',
    'module_geoip_changed_meanwhile' => 'Политику тем временем сохранил кто-то другой. Обновите страницу и проверьте её.',
    'module_geoip_invalid_unknown_field' => '%field%: такого поля нет.',
    'module_geoip_invalid_missing' => '%field%: нужно указать значение.',
    'module_geoip_invalid_choice' => '%field%: допустимые значения: %value%.',
    'module_geoip_invalid_list' => '%field%: нужен список строк.',
    'module_geoip_invalid_too_many' => '%field%: не больше %value% записей.',
    'module_geoip_invalid_country' => '%field%: «%value%» не является двухбуквенным кодом страны.',
    'module_geoip_invalid_subnet' => '%field%: «%value%» не является ни адресом, ни подсетью.',
    'module_geoip_invalid_address' => '%field%: «%value%» не является IP-адресом.',

    // why the policy is not in force
    'module_geoip_error_pbx_module_disabled' => 'Модуль выключен.',
    'module_geoip_error_pbx_firewall_off' => 'Сетевой экран АТС выключен, поэтому ничего не фильтруется.',
    'module_geoip_error_pbx_firewall_unmanaged' => 'Сетевым экраном этой системы управляет хост (Docker или LXC), а не АТС.',
    'module_geoip_error_pbx_policy_pending' => 'Сохранённая политика ещё не действует; действует предыдущая.',

    // the helper itself
    'module_geoip_error_helper_missing' => 'Программа фильтра отсутствует или не подходит для этой машины. Установите модуль заново.',
    'module_geoip_error_helper_damaged' => 'Программа фильтра повреждена. Установите модуль заново.',
    'module_geoip_error_helper_timeout' => 'Программа фильтра не завершилась вовремя.',
    'module_geoip_error_helper_crashed' => 'Программа фильтра неожиданно завершилась.',
    'module_geoip_error_update_died' => 'Обновление было прервано. Действуют прежние данные.',

    // codes of the helper
    'module_geoip_error_request_invalid' => 'Неверный запрос.',
    'module_geoip_error_request_unknown_country' => 'Такой страны нет.',
    'module_geoip_error_source_unreadable' => 'Файл данных не читается.',
    'module_geoip_error_source_download' => 'Не удалось загрузить данные. Действуют прежние данные.',
    'module_geoip_error_source_malformed' => 'Данные поставщика повреждены. Действуют прежние данные.',
    'module_geoip_error_source_checksum' => 'Загруженный файл не совпадает с контрольной суммой поставщика. Действуют прежние данные.',
    'module_geoip_error_source_too_large' => 'Данные поставщика больше разумного размера. Действуют прежние данные.',
    'module_geoip_error_source_shrunk' => 'В новых данных намного меньше записей, чем в прежних, они отклонены. Действуют прежние данные.',
    'module_geoip_error_source_malformed_rows' => 'Часть строк данных пропущена.',
    'module_geoip_error_source_unknown_codes' => 'В данных встречаются неизвестные коды стран.',
    'module_geoip_error_source_contested' => 'Некоторые адреса числятся за несколькими странами; они блокируются, только если заблокированы все эти страны.',
    'module_geoip_error_source_no_checksum' => 'Файл получен без контрольной суммы и принят без её проверки.',
    'module_geoip_error_source_one_by_one' => 'Файл со всеми странами получить не удалось, страны загружены по одной.',
    'module_geoip_error_source_incomplete' => 'Доступны не все файлы источника, часть данных отсутствует.',
    'module_geoip_error_database_missing' => 'Данные ещё не загружены.',
    'module_geoip_error_database_corrupt' => 'Сохранённые данные повреждены. Обновите их.',
    'module_geoip_error_database_version' => 'Сохранённые данные созданы другой версией. Обновите их.',
    'module_geoip_error_database_unusable' => 'Нет пригодных данных источника.',
    'module_geoip_error_state_busy' => 'Выполняется другое изменение. Повторите попытку чуть позже.',
    'module_geoip_error_state_io' => 'Файлы фильтра не читаются или не записываются. Проверьте свободное место в хранилище.',
    'module_geoip_error_state_plan_rebuilt' => 'Сохранённый фильтр был повреждён и рассчитан заново.',
    'module_geoip_error_policy_none' => 'Политика не действует.',
    'module_geoip_error_firewall_ipset_missing' => 'ipset недоступен: эта система не может фильтровать по странам.',
    'module_geoip_error_firewall_iptables_missing' => 'iptables недоступен: эта система не может фильтровать.',
    'module_geoip_error_firewall_permission' => 'Система не разрешает АТС изменять сетевой экран.',
    'module_geoip_error_firewall_unsupported' => 'Ядро этой системы не умеет фильтровать по наборам адресов.',
    'module_geoip_error_firewall_command' => 'Сетевой экран отклонил изменение. Действует прежний фильтр.',
    'module_geoip_error_firewall_memory' => 'Системе не хватает памяти для фильтра. Действует прежний фильтр.',
    'module_geoip_error_firewall_timeout' => 'Сетевой экран не ответил вовремя. Действует прежний фильтр.',
    'module_geoip_error_firewall_unverified' => 'Сетевой экран содержит не то, что было загружено. Действует прежний фильтр.',
    'module_geoip_error_firewall_sets_drifted' => 'Наборы адресов изменены посторонними. Восстановите фильтр.',
    'module_geoip_error_firewall_chain_drifted' => 'Правила фильтра изменены посторонними. Восстановите фильтр.',
    'module_geoip_error_firewall_not_attached' => 'Фильтр не стоит на своём месте в сетевом экране. Восстановите фильтр.',
    'module_geoip_error_firewall_set_in_use' => 'Наборы адресов фильтра используются посторонним правилом сетевого экрана.',
    'module_geoip_error_firewall_no_ipv6' => 'Фильтруется только IPv4: в системе нет пригодного сетевого экрана IPv6.',
    'module_geoip_error_firewall_accepted_before' => 'Перед фильтром стоят правила сетевого экрана, которые пропускают всех.',
];

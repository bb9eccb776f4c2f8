<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

return [
    // identity
    'BreadcrumbModuleGeoIP' => 'GeoIP filtering',
    'SubHeaderModuleGeoIP' => 'Drops connections from chosen countries before they reach the PBX',
    'mo_ModuleGeoIP' => 'GeoIP filter',
    'repModuleGeoIP' => 'GeoIP filter: %represent%',

    // the page
    'module_geoip_loading' => 'Reading the state of the filter…',
    'module_geoip_in_force' => 'The saved policy is in force.',
    'module_geoip_source' => 'Data source',
    'module_geoip_source_dbip' => 'DB-IP Lite, updated monthly',
    'module_geoip_source_rir' => 'Regional registries, updated daily',
    'module_geoip_source_ipdeny' => 'ipdeny.com, updated daily',
    'module_geoip_mode' => 'What to block',
    'module_geoip_mode_block' => 'The selected countries',
    'module_geoip_mode_allow' => 'Every country except the selected ones',
    'module_geoip_allow' => 'Addresses and subnets that always pass',
    'module_geoip_update_now' => 'Update now',
    'module_geoip_country' => 'Country',
    'module_geoip_code' => 'Code',
    'module_geoip_subnets' => 'Subnets',
    'module_geoip_save' => 'Save',

    // refused requests
    'module_geoip_failed' => 'Something went wrong; the system log tells more.',
    'module_geoip_unknown_action' => 'There is no such action.',
    'module_geoip_changed_meanwhile' => 'Somebody else saved the policy meanwhile. Reload the page and check it.',
    'module_geoip_invalid_unknown_field' => '%field%: there is no such field.',
    'module_geoip_invalid_missing' => '%field%: a value is required.',
    'module_geoip_invalid_choice' => '%field%: must be one of %value%.',
    'module_geoip_invalid_list' => '%field%: must be a list of texts.',
    'module_geoip_invalid_too_many' => '%field%: at most %value% entries.',
    'module_geoip_invalid_country' => '%field%: "%value%" is not a two-letter country code.',
    'module_geoip_invalid_subnet' => '%field%: "%value%" is neither an address nor a subnet.',
    'module_geoip_invalid_address' => '%field%: "%value%" is not an IP address.',

    // why the policy is not in force
    'module_geoip_error_pbx_module_disabled' => 'The module is switched off.',
    'module_geoip_error_pbx_firewall_off' => 'The firewall of the PBX is switched off, so nothing is filtered.',
    'module_geoip_error_pbx_firewall_unmanaged' => 'The firewall of this system is managed by its host (Docker or LXC), not by the PBX.',
    'module_geoip_error_pbx_policy_pending' => 'The saved policy is not in force yet; the previous one is.',

    // the helper itself
    'module_geoip_error_helper_missing' => 'The filter\'s program is missing or does not fit this machine. Install the module again.',
    'module_geoip_error_helper_damaged' => 'The filter\'s program is damaged. Install the module again.',
    'module_geoip_error_helper_timeout' => 'The filter\'s program did not finish in time.',
    'module_geoip_error_helper_crashed' => 'The filter\'s program ended unexpectedly.',
    'module_geoip_error_update_died' => 'The update was interrupted. The data in force stays.',

    // codes of the helper
    'module_geoip_error_request_invalid' => 'The request is not valid.',
    'module_geoip_error_request_unknown_country' => 'There is no such country.',
    'module_geoip_error_source_unreadable' => 'The data file cannot be read.',
    'module_geoip_error_source_download' => 'The data could not be downloaded. The data in force stays.',
    'module_geoip_error_source_malformed' => 'The publisher\'s data is damaged. The data in force stays.',
    'module_geoip_error_source_checksum' => 'A downloaded file does not match its publisher\'s checksum. The data in force stays.',
    'module_geoip_error_source_too_large' => 'The publisher\'s data is larger than it can sensibly be. The data in force stays.',
    'module_geoip_error_source_shrunk' => 'The new data holds far less than the last and was refused. The data in force stays.',
    'module_geoip_error_source_malformed_rows' => 'Some rows of the data were left out.',
    'module_geoip_error_source_unknown_codes' => 'The data names unknown country codes.',
    'module_geoip_error_source_contested' => 'Some addresses are claimed by several countries; they are dropped only if all of these are blocked.',
    'module_geoip_error_source_no_checksum' => 'A file came without a checksum and was taken without one.',
    'module_geoip_error_source_one_by_one' => 'The file with all countries could not be had; they were fetched one by one.',
    'module_geoip_error_source_incomplete' => 'Not all files of the source were at hand; the data lacks the others.',
    'module_geoip_error_database_missing' => 'Data not yet downloaded.',
    'module_geoip_error_database_corrupt' => 'The stored data is damaged. Update it.',
    'module_geoip_error_database_version' => 'The stored data comes from another version. Update it.',
    'module_geoip_error_database_unusable' => 'There is no usable data of a source.',
    'module_geoip_error_state_busy' => 'Another change is being made. Try again in a moment.',
    'module_geoip_error_state_io' => 'The filter\'s files cannot be read or written. Check the free space of the storage.',
    'module_geoip_error_state_plan_rebuilt' => 'The stored filter was damaged and was computed anew.',
    'module_geoip_error_policy_none' => 'No policy is in force.',
    'module_geoip_error_firewall_ipset_missing' => 'ipset unavailable: this system cannot filter by country.',
    'module_geoip_error_firewall_iptables_missing' => 'iptables unavailable: this system cannot filter.',
    'module_geoip_error_firewall_permission' => 'The system does not let the PBX change its firewall.',
    'module_geoip_error_firewall_unsupported' => 'The kernel of this system cannot filter by address sets.',
    'module_geoip_error_firewall_command' => 'The firewall refused a change. The filter in force stays.',
    'module_geoip_error_firewall_memory' => 'The system has too little memory for the filter. The filter in force stays.',
    'module_geoip_error_firewall_timeout' => 'The firewall did not answer in time. The filter in force stays.',
    'module_geoip_error_firewall_unverified' => 'The firewall does not hold what was loaded. The filter in force stays.',
    'module_geoip_error_firewall_sets_drifted' => 'The address sets were changed by somebody else. Repair the filter.',
    'module_geoip_error_firewall_chain_drifted' => 'The filter\'s rules were changed by somebody else. Repair the filter.',
    'module_geoip_error_firewall_not_attached' => 'The filter is not in its place in the firewall. Repair the filter.',
    'module_geoip_error_firewall_set_in_use' => 'A firewall rule of somebody else uses the filter\'s address sets.',
    'module_geoip_error_firewall_no_ipv6' => 'Only IPv4 is filtered: the system has no usable IPv6 firewall.',
    'module_geoip_error_firewall_accepted_before' => 'Firewall rules that accept everybody stand before the filter.',
];

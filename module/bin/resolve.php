<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Looks up hosts, one a line on standard input: a name, and behind it the transports of a SIP server, as `udp,tcp`, if
 * it is to be found as Asterisk finds one without a port.
 *
 * Writes each address as it comes, as `LINE address`, and the number of the LINE alone when it knows no more.
 */

declare(strict_types=1);

use Modules\ModuleGeoIP\Lib\Peers\NameServers;

// Nothing else is needed of the module, and nothing of Core, which takes its time to start.
require_once __DIR__ . '/../Lib/Basics/Fields.php';
require_once __DIR__ . '/../Lib/Peers/NameServers.php';

if (PHP_SAPI !== 'cli') {
    exit(1);
}

foreach (file('php://stdin', FILE_IGNORE_NEW_LINES) ?: [] as $line => $question) {
    [$name, $transports] = explode(' ', $question) + ['', ''];
    foreach (NameServers::servers($name, explode(',', $transports)) as $host) {
        foreach (NameServers::addresses($host) as $address) {
            echo "$line $address\n";
        }
    }
    echo "$line\n";
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Looks up hosts, one a line on standard input: a name, and behind it the transports of a SIP server, as `udp,tcp`, if
 * Asterisk may find others by it, as it does for one without a port.
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

$questions = array_map(
    static fn (string $question): array => explode(' ', $question) + ['', ''],
    file('php://stdin', FILE_IGNORE_NEW_LINES) ?: []
);
$servers = array_map(static fn (): NameServers => new NameServers(), $questions);
$tell = static function (int $line, string $host) use ($servers): void {
    foreach ($servers[$line]->addresses($host) as $address) {
        echo "$line $address\n";
    }
};
// The names themselves come first: some name servers leave a question for NAPTR or SRV unanswered.
foreach ($questions as $line => [$name]) {
    $tell($line, $name);
}
foreach ($questions as $line => [$name, $transports]) {
    foreach ($servers[$line]->hosts($name, explode(',', $transports)) as $host) {
        $tell($line, $host);
    }
    if ($servers[$line]->haveAnswered()) {
        echo "$line\n";
    }
}

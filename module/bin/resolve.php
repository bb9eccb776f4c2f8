<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Looks up hosts, one a line on standard input: a name, and behind it the transports of a SIP server, as `udp,tcp`, if
 * it is to be found as Asterisk finds one without a port: by NAPTR, or else by SRV, or else by its name.
 *
 * Writes each address as it comes, as `LINE address`, and the number of the LINE alone when it knows no more.
 */

declare(strict_types=1);

if (PHP_SAPI !== 'cli') {
    exit(1);
}

// Of each transport the service that NAPTR records name, and where its SRV records are.
const SERVICES = [
    'udp' => ['SIP+D2U', '_sip._udp'],
    'tcp' => ['SIP+D2T', '_sip._tcp'],
    'tls' => ['SIPS+D2T', '_sips._tcp'],
];

// More servers of one name than anybody has.
const MOST_SERVERS = 16;

$records = static fn (string $name, int $type): array => @dns_get_record($name, $type) ?: [];

$pointedTo = static function (string $name, array $services) use ($records): array {
    $isWanted = static fn (array $record): bool => strtolower($record['flags']) === 's'
        && in_array(strtoupper($record['services']), array_column($services, 0), true);

    return array_column(array_filter($records($name, DNS_NAPTR), $isWanted), 'replacement');
};

$servers = static function (array $places) use ($records): array {
    $found = [];
    foreach ($places as $place) {
        array_push($found, ...array_column($records($place, DNS_SRV), 'target'));
    }

    // A dot in the place of a server says that there is none.
    return array_diff(array_unique($found), ['', '.']);
};

foreach (file('php://stdin', FILE_IGNORE_NEW_LINES) ?: [] as $line => $question) {
    [$name, $transports] = explode(' ', $question) + ['', ''];
    $services = array_intersect_key(SERVICES, array_flip(explode(',', $transports)));
    $places = array_map(static fn (array $service): string => "$service[1].$name", $services);
    $pointed = $services === [] ? [] : $pointedTo($name, $services);
    $hosts = $servers($pointed) ?: $servers($places) ?: [$name];
    foreach (array_slice($hosts, 0, MOST_SERVERS) as $host) {
        $addresses = [...gethostbynamel($host) ?: [], ...array_column($records($host, DNS_AAAA), 'ipv6')];
        echo implode('', array_map(static fn (string $address): string => "$line $address\n", $addresses));
    }
    echo "$line\n";
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * What name servers say of a host. They may take long: `bin/resolve.php` asks, for whoever will not wait.
 */
final class NameServers
{
    /** Of each transport the service that NAPTR records name, and where its SRV records are. */
    private const SERVICES = [
        'udp' => ['SIP+D2U', '_sip._udp'],
        'tcp' => ['SIP+D2T', '_sip._tcp'],
        'tls' => ['SIPS+D2T', '_sips._tcp'],
    ];

    /** More servers of one name than anybody has. */
    private const MOST_SERVERS = 16;

    /**
     * The hosts that serve a name by some transports, as Asterisk finds them: by NAPTR, or else by SRV, or else itself.
     *
     * @param list<string> $transports none if it is a host and nothing else
     * @return list<string>
     */
    public static function servers(string $name, array $transports): array
    {
        $services = array_values(array_intersect_key(self::SERVICES, array_flip($transports)));
        if ($services === []) {
            return [$name];
        }
        $places = array_map(static fn (array $service): string => "$service[1].$name", $services);
        $servers = self::targets(self::pointedTo($name, array_column($services, 0))) ?: self::targets($places);

        return array_slice($servers ?: [$name], 0, self::MOST_SERVERS);
    }

    /**
     * @return list<string>
     */
    public static function addresses(string $host): array
    {
        $addresses = gethostbynamel($host) ?: [];
        foreach (self::records($host, DNS_AAAA) as $record) {
            $addresses[] = $record->string('ipv6');
        }

        return $addresses;
    }

    /**
     * Where the name's NAPTR records say that the SRV records of these services are.
     *
     * @param list<string> $services
     * @return list<string>
     */
    private static function pointedTo(string $name, array $services): array
    {
        $places = [];
        foreach (self::records($name, DNS_NAPTR) as $record) {
            $isWanted = in_array(strtoupper($record->string('services')), $services, true);
            if ($isWanted && strtolower($record->string('flags')) === 's') {
                $places[] = $record->string('replacement');
            }
        }

        return $places;
    }

    /**
     * The hosts that SRV records name.
     *
     * @param list<string> $places
     * @return list<string>
     */
    private static function targets(array $places): array
    {
        $targets = [];
        foreach ($places as $place) {
            foreach (self::records($place, DNS_SRV) as $record) {
                $targets[] = $record->string('target');
            }
        }

        // A dot in the place of a host says that there is none.
        return array_values(array_diff(array_unique($targets), ['', '.']));
    }

    /**
     * @return list<Fields>
     */
    private static function records(string $name, int $type): array
    {
        $records = [];
        foreach (@dns_get_record($name, $type) ?: [] as $record) {
            if (is_array($record)) {
                $records[] = new Fields($record);
            }
        }

        return $records;
    }
}

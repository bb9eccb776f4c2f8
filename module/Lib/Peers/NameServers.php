<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * What name servers say of a provider. They may take long: `bin/resolve.php` asks, for whoever will not wait.
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

    private bool $hasFound = false;

    private bool $hasFailed = false;

    /**
     * The hosts that serve a name by some transports, as Asterisk finds them: by NAPTR, or else by SRV.
     *
     * @param list<string> $transports none if it is a host and nothing else
     * @return list<string>
     */
    public function hosts(string $name, array $transports): array
    {
        $services = array_values(array_intersect_key(self::SERVICES, array_flip($transports)));
        if ($services === []) {
            return [];
        }
        $places = array_map(static fn (array $service): string => "$service[1].$name", $services);
        $hosts = $this->targets($this->pointedTo($name, array_column($services, 0))) ?: $this->targets($places);

        return array_slice($hosts, 0, self::MOST_SERVERS);
    }

    /**
     * @return list<string>
     */
    public function addresses(string $host): array
    {
        $addresses = gethostbynamel($host) ?: [];
        foreach ($this->records($host, DNS_AAAA) as $record) {
            $addresses[] = $record->string('ipv6');
        }
        $this->hasFound = $this->hasFound || $addresses !== [];

        return $addresses;
    }

    /**
     * False if nothing was found, and a name server was out of order or could not be reached: there may be something.
     */
    public function haveAnswered(): bool
    {
        return $this->hasFound || !$this->hasFailed;
    }

    /**
     * Where the name's NAPTR records say that the SRV records of these services are.
     *
     * @param list<string> $services
     * @return list<string>
     */
    private function pointedTo(string $name, array $services): array
    {
        $places = [];
        foreach ($this->records($name, DNS_NAPTR) as $record) {
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
    private function targets(array $places): array
    {
        $targets = [];
        foreach ($places as $place) {
            foreach ($this->records($place, DNS_SRV) as $record) {
                $targets[] = $record->string('target');
            }
        }

        // A dot in the place of a host says that there is none.
        return array_values(array_diff(array_unique($targets), ['', '.']));
    }

    /**
     * @return list<Fields>
     */
    private function records(string $name, int $type): array
    {
        $answer = @dns_get_record($name, $type);
        $this->hasFailed = $this->hasFailed || $answer === false;
        $records = [];
        foreach ($answer ?: [] as $record) {
            if (is_array($record)) {
                $records[] = new Fields($record);
            }
        }

        return $records;
    }
}

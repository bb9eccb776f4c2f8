<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Basics\Moment;
use Modules\ModuleGeoIP\Lib\Basics\Record;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * In which countries phones and providers were while the filter has been learning, and when last.
 *
 * Countries only, no addresses and no names: there are some hundreds of them at the most.
 */
final class Observations
{
    private const FILE = 'observed.json';

    /**
     * @return array<string, string> moments of RFC 3339 in UTC by country
     */
    public static function all(): array
    {
        $record = self::record()->load();
        $countries = [];
        foreach (array_keys($record->all()) as $country) {
            if (preg_match('/^[A-Z]{2}$/D', (string)$country) === 1) {
                $countries[(string)$country] = $record->string((string)$country);
            }
        }

        return $countries;
    }

    /**
     * @param list<string> $countries where somebody is now
     */
    public static function add(array $countries): void
    {
        $known = array_fill_keys($countries, Moment::now()) + self::all();
        ksort($known);
        self::record()->save($known);
    }

    public static function forget(): void
    {
        self::record()->forget();
    }

    private static function record(): Record
    {
        return new Record(Module::stateDirectory() . '/' . self::FILE);
    }
}

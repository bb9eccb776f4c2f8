<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Basics\Record;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * In which countries and networks phones and providers were while the filter has been learning.
 *
 * No addresses, and no names but those of networks.
 */
final class Observations
{
    private const FILE = 'observed.json';

    /** There are some hundreds of countries at the most, but a hundred thousand networks. */
    private const MOST_NETWORKS = 256;

    /**
     * @return list<string> two-letter codes
     */
    public static function countries(): array
    {
        return array_values((array)preg_grep('/^[A-Z]{2}$/D', self::record()->load()->strings('countries')));
    }

    /**
     * @return array<int, string> names by AS number, those seen last first
     */
    public static function networks(): array
    {
        $isNetwork = static fn (mixed $name, int|string $number): bool => is_int($number) && is_string($name);

        return array_filter(self::record()->load()->object('networks')->all(), $isNetwork, ARRAY_FILTER_USE_BOTH);
    }

    /**
     * @param list<string> $countries where somebody is now
     * @param array<int, string> $networks the same by AS number, with their names
     */
    public static function add(array $countries, array $networks): void
    {
        self::record()->save([
            'countries' => array_values(array_unique([...$countries, ...self::countries()])),
            'networks' => array_slice($networks + self::networks(), 0, self::MOST_NETWORKS, true),
        ]);
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

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Countries;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * The countries by one source, and whether the saved policy drops them.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            'source' => self::text('The source; the chosen one if it is left out', Policy::SOURCES),
        ];
    }

    protected static function answer(): array
    {
        return [
            'source' => self::text('The source whose counts these are', Policy::SOURCES),
            'release' => self::text('Its edition; empty if unknown'),
            'countries' => self::listOf(
                self::object('A country', [
                    'code' => self::text('Its two-letter code'),
                    'name' => self::text('Its English name'),
                    'continent' => self::orNull(self::text('Its continent')),
                    'iso' => self::flag('Whether the code is in ISO 3166-1'),
                    'subnets' => self::object('Prefixes by family: v4, v6'),
                    'addresses' => self::object('Addresses by family: v4, and v6 as a decimal text'),
                    'verdict' => self::text('What becomes of connections from it', ['pass', 'drop', 'count']),
                    'blocked' => self::flag('Whether the saved policy drops it'),
                ]),
                'The countries in order of their codes'
            ),
            'warnings' => self::warnings(),
        ];
    }
}

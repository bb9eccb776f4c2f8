<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Networks;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * Networks, and the data that tells them.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            'search' => self::text('Words in the name of a network, or its AS number'),
            'numbers' => self::text('AS numbers to name, separated by commas'),
        ];
    }

    protected static function answer(): array
    {
        return [
            'kept' => self::orNull(self::object('The data that is kept; null if none is')),
            'problem' => self::orNull(self::object('Why what is kept cannot be used')),
            'source' => self::text('The id of the source that is chosen'),
            'sources' => self::listOf(
                self::object('A source', [
                    'id' => self::text('Its id'),
                    'name' => self::text('Its name'),
                    'publisher' => self::text('Whom to name for it'),
                    'terms' => self::text('On what terms it may be used'),
                    'terms_url' => self::text('Where its publisher states them'),
                    'every_minutes' => self::number('How often its publisher is asked, in minutes'),
                    'shortest_minutes' => self::number('The shortest time between two requests, in minutes'),
                    'asked_at' => self::orNull(self::moment('When its publisher was last asked')),
                    'has_failed' => self::flag('Whether that failed'),
                ]),
                'Where the data can be had, the default first'
            ),
            'presets' => self::listOf(
                self::object('Networks that are often blocked together', [
                    'id' => self::text('Its id'),
                    'name' => self::text('Its name'),
                    'purpose' => self::text('What to know of it'),
                    'networks' => self::listOf(self::number('An AS number'), 'The networks'),
                ]),
                'Networks that are often blocked together'
            ),
            'found' => self::networks('What the search found, the largest first'),
            'chosen' => self::networks('Those of the request, in its order'),
            'warnings' => self::warnings(),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function networks(string $description): array
    {
        return self::listOf(
            self::object('A network', [
                'number' => self::number('Its AS number'),
                'name' => self::text('Its name; empty if the data does not know it'),
                'v4_addresses' => self::number('Its IPv4 addresses'),
                'v6_networks' => self::number('Its IPv6 networks of /64'),
            ]),
            $description
        );
    }
}

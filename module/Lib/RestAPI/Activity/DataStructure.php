<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity;

use Modules\ModuleGeoIP\Lib\RestAPI\Activity\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * What was dropped, or only counted, as the helper tells it.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            'hours' => ['minimum' => 1, 'maximum' => GetAction::MOST_HOURS, 'default' => GetAction::DEFAULT_HOURS]
                + self::number('How many hours to look back'),
        ];
    }

    protected static function answer(): array
    {
        return [
            'since' => self::moment('The beginning of the first hour'),
            'action' => self::text('What becomes of packets now', ['drop', 'count']),
            'action_since' => self::orNull(self::moment('Since when')),
            'v4' => self::object('Packets of IPv4: dropped, counted'),
            'v6' => self::object('Packets of IPv6: dropped, counted'),
            'hours' => self::listOf(self::object('An hour and its packets'), 'The hours'),
            'countries' => self::listOf(self::object('A country and its packets'), 'The countries, the busiest first'),
            'addresses' => self::listOf(self::object('An address and its packets'), 'The addresses, the busiest first'),
            'warnings' => self::warnings(),
        ];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity;

use Modules\ModuleGeoIP\Lib\RestAPI\Activity\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

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
            'until' => self::moment('When this was read'),
            'action' => self::orNull(self::text('What becomes of packets now; null without a policy', Policy::ACTIONS)),
            'action_since' => self::orNull(self::moment('Since when')),
            'counts_since' => self::moment('Since when packets are counted as they are now'),
            'v4' => self::packets('Packets of IPv4'),
            'v6' => self::packets('Packets of IPv6'),
            'totals' => self::object('Both families together', [
                'dropped' => self::number('Packets dropped'),
                'counted' => self::number('Packets let through and counted'),
                'countries' => self::number('From how many countries'),
                'countries_dropped' => self::number('From how many countries packets were dropped'),
                'countries_counted' => self::number('From how many countries packets were counted'),
            ]),
            'unattributed' => self::packets('Packets whose sender is not known'),
            'hours' => self::listOf(self::object('An hour', [
                'from' => self::moment('Its beginning'),
                'packets' => self::packets('Its packets'),
            ]), 'The hours that have any packets'),
            'countries' => self::listOf(self::object('A country', [
                'country' => self::country(),
                'packets' => self::packets('Its packets'),
                'addresses' => self::number('From how many addresses'),
            ]), 'The countries, the busiest first'),
            'networks' => self::listOf(self::object('A network', [
                'network' => self::network('The network'),
                'packets' => self::packets('The packets of its addresses that are recorded'),
                'addresses' => self::number('From how many addresses'),
            ]), 'The networks of the senders that are recorded, the busiest first; none without data that tells them'),
            'lists' => self::listOf(self::object('A block list', [
                'list' => self::text('Its id'),
                'name' => self::orNull(self::text('Its name in the catalogue; null for a list of one\'s own')),
                'packets' => self::packets('The packets of those senders that it knows'),
                'addresses' => self::number('How many of the senders that are recorded it knows'),
            ]), 'The lists that are used or were downloaded within a day, those that know the most senders first'),
            'addresses' => self::listOf(self::object('A sender', [
                'address' => self::text('The IPv4 address, or the IPv6 block of /64'),
                'first_address' => self::text('An address of it, to ask about'),
                'country' => self::country(),
                'network' => self::orNull(self::network('Its network')),
                'packets' => self::packets('Its packets'),
                'first_seen' => self::moment('When its first packet was counted'),
                'last_seen' => self::moment('When its last packet was counted'),
            ]), 'The senders, the busiest first'),
            'addresses_seen' => self::number('How many senders are recorded'),
            'addresses_complete' => self::flag('False if there were more than could be recorded'),
            'warnings' => self::warnings(),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function country(): array
    {
        return self::orNull(self::text('A two-letter code; null if no country holds the address'));
    }
}

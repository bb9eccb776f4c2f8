<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * What is in force, and if it is not what was saved, why.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return ['scheme' => self::scheme()];
    }

    protected static function answer(): array
    {
        return [
            'enabled' => self::flag('Whether the module is switched on'),
            'firewall' => self::object('The firewall of the PBX', [
                'managed' => self::flag('Whether the PBX may change it on this system'),
                'enabled' => self::flag('Whether it is switched on'),
            ]),
            'state' => self::text(
                'The whole in one word',
                ['active', 'learning', 'nobody', 'attention', 'inactive', 'off']
            ),
            'inForce' => self::flag('Whether the saved policy is in force'),
            'learning' => self::flag('Whether connections go through a filter that only counts'),
            'action' => self::orNull(self::text(
                'What happens to connections that the applied policy matches; null if none is applied',
                ['drop', 'count']
            )),
            'exact' => self::flag('Whether every member of every set was compared, or only their numbers'),
            'problems' => self::listOf(self::remark(), 'Why the saved policy is not in force'),
            'warnings' => self::listOf(self::remark(), 'What else there is to know'),
            'wanted' => self::object('The saved policy with its revision'),
            'standIn' => self::orNull(self::text('The source that stands in until the chosen one has data')),
            'data' => self::orNull(self::object('The data in use', [
                'source' => self::text('Its source'),
                'release' => self::orNull(self::text('Its edition')),
                'updatedAt' => self::moment('When it was made, or last found to be the newest there is'),
                'subnets' => self::number('Its prefixes'),
                'ageDays' => self::number('Its age in days'),
                'attribution' => self::orNull(self::object('Whom to name', [
                    'text' => self::text('The name'),
                    'url' => self::text('The web page'),
                ])),
            ])),
            'lastRepair' => self::orNull(self::object('The last repair of what somebody changed in the kernel', [
                'at' => self::moment('When'),
                'what' => self::listOf(self::text('A part of the filter'), 'What was repaired'),
            ])),
            'hosts' => self::listOf(self::host(), 'The hosts that are exceptions of the applied policy'),
            'phones' => self::listOf(self::phone(), 'The phones that keep their way from where they would be blocked'),
            'counts' => self::object('The countries', [
                'blocked' => self::number('How many the saved policy drops'),
                'countries' => self::number('How many there are'),
            ]),
            'own' => self::orNull(self::object('Whoever asks', [
                'address' => self::text('The address'),
                'isCut' => self::flag('Whether the policy in force drops the next connection to the page'),
            ])),
            'withheld' => self::flag('Whether nobody kept the policy when the module was switched on'),
            'trial' => self::trial('The change that must be confirmed'),
            'rolledBackAt' => self::orNull(self::moment('When the last change was rolled back, until the next save')),
            'update' => self::object('The running or the last update, as the resource of updates has it'),
        ];
    }

    /**
     * A phone and an address of it, as the helper tells them.
     *
     * @return array<string, mixed>
     */
    private static function phone(): array
    {
        return self::object('A phone and an address of it', [
            'phone' => self::text('The name of the extension'),
            'name' => self::text('The extension, and whose it is'),
            'address' => self::text('An IPv4 address, or the /64 around an IPv6 address'),
            'country' => self::orNull(self::text('The two-letter code of its country')),
            'since' => self::moment('Since when it gets in'),
            'seen_at' => self::moment('When Asterisk last had it registered from there'),
            'expires_at' => self::moment('When it gets in no longer, unless it is seen there again'),
            'is_registered' => self::flag('Whether it was when Asterisk was last asked'),
        ]);
    }

    /**
     * A host, as the helper tells it.
     *
     * @return array<string, mixed>
     */
    private static function host(): array
    {
        $network = self::text('An IPv4 address, or the /64 around an IPv6 address');

        return self::object('A host', [
            'host' => self::text('Its name'),
            'addresses' => self::listOf($network, 'What it has, and passes'),
            'former' => self::listOf($network, 'What it had before, and passes some minutes longer'),
            'resolved_at' => self::orNull(self::moment('When name servers last answered; null if they never did')),
            'silent_since' => self::orNull(self::moment('Since when they do not answer; null if they do')),
            'kept_until' => self::orNull(self::moment('Until when the last answer counts, if there is no newer one')),
            'warnings' => self::listOf(self::text('A code'), 'What else there is to know of it'),
        ]);
    }
}

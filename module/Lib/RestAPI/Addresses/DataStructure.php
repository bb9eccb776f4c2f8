<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * Where addresses belong, and what becomes of them.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            'address' => self::text('IP addresses, separated by commas; a port behind one is left aside'),
            'scheme' => self::scheme(),
        ];
    }

    protected static function answer(): array
    {
        return [
            'source' => self::text('The source that decides'),
            'addresses' => self::listOf(
                array_replace_recursive(self::address('An address'), ['properties' => ['ways' => self::ways()]]),
                'One for each address of the request'
            ),
            'is_known' => self::flag('False if nobody can tell whom the policy cuts off: there is no data'),
            'warnings' => self::warnings(),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function ways(): array
    {
        return self::listOf(
            self::object('A way into the PBX', [
                'purpose' => self::text('What it is for', ['web', 'ssh', 'sip', 'rtp', 'iax']),
                'port' => self::text('Port and protocol, as in 5060/udp and 10000-10200/udp'),
                'passage' => self::orNull(self::object('Whether it is open, and what decides', [
                    'outcome' => self::text('Whether connections get in', ['accepted', 'dropped', 'unknown']),
                    'decided_by' => self::text('What decides', ['rule_before', 'filter', 'rule_behind', 'policy']),
                    'rule' => self::text('The rule that decides; left out if none does'),
                ])),
            ]),
            'The ways to the web page, SIP and RTP'
        );
    }
}

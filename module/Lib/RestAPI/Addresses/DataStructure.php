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
            'address' => self::text('IP addresses, separated by commas'),
            'scheme' => self::scheme(),
        ];
    }

    protected static function answer(): array
    {
        return [
            'source' => self::text('The source that decides'),
            'addresses' => self::listOf(
                self::object('An address', [
                    'address' => self::text('The address'),
                    'country' => self::orNull(self::text('The country that decides')),
                    'by_source' => self::object('The country by each source'),
                    'verdict' => self::text('What becomes of new connections', ['pass', 'drop', 'count']),
                    'reason' => self::text('Why'),
                    'entry' => self::orNull(self::text('The entry that decides')),
                    'ways' => self::listOf(
                        self::object('A way into the PBX', [
                            'purpose' => self::text('What it is for', ['web', 'sip', 'rtp', 'iax']),
                            'port' => self::text('Port and protocol, as in 5060/udp'),
                            'passage' => self::orNull(self::object('Whether it is open, and what decides')),
                        ]),
                        'The ways to the web page, SIP and RTP'
                    ),
                ]),
                'One for each address of the request'
            ),
            'warnings' => self::warnings(),
        ];
    }
}

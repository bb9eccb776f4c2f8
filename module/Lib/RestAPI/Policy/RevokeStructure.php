<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

/**
 * What a phone no longer gets in by. The parameters are those of the resource.
 */
final class RevokeStructure extends DataStructure
{
    protected static function answer(): array
    {
        return [
            'revoked' => self::listOf(
                self::object('An address', [
                    'phone' => self::text('The name of the extension'),
                    'address' => self::text('An IPv4 address, or the /64 around an IPv6 address'),
                ]),
                'What it got in from; none if nothing was kept for it'
            ),
            'warnings' => self::warnings(),
        ];
    }
}

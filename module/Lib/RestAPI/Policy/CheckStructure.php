<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

/**
 * What exceptions are that somebody wrote. The parameters are those of the resource.
 */
final class CheckStructure extends DataStructure
{
    protected static function answer(): array
    {
        return [
            'exceptions' => self::listOf(self::checkedException(), 'One for each of the request, in its order'),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function checkedException(): array
    {
        return self::object('As the helper has it', [
            'exception' => self::orNull(self::object('The exception; null if it is wrong', [
                'subnet' => self::text('The block without host bits; left out for others'),
                'host' => self::text('The name in lower case; left out for others'),
                'phone' => self::text('The name of the extension; left out for others'),
                'expires_at' => self::orNull(self::moment('When it ends; null if it does not')),
                'is_over' => self::flag('Whether it has ended already'),
                'is_replaced' => self::flag('Whether a later one of the request is for the same'),
            ])),
            'wrong' => self::orNull(
                self::text('The field that cannot be right', ['subnet', 'host', 'phone', 'expires_at'])
            ),
        ]);
    }
}

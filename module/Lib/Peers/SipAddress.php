<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Address;

/**
 * Where a SIP URI, or what an administrator typed for one, leads to.
 */
final class SipAddress
{
    private const HOST = '~^(?:sips?:)?(?:[^@]*@)?(?|\[([0-9a-fA-F:.]+)\]|([^:;/?>\[\]]+))~';

    /**
     * The name or the address of the host; empty if there is none.
     */
    public static function hostOf(string $uri): string
    {
        $uri = trim($uri, " <>\t\r\n");
        $address = Address::canonical($uri);
        if ($address !== '') {
            return $address;
        }
        $parts = [];
        preg_match(self::HOST, $uri, $parts);
        $host = trim($parts[1] ?? '');

        return Address::canonical($host) ?: $host;
    }
}

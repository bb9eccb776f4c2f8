<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

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
        if (self::isAddress($uri)) {
            return $uri;
        }
        $parts = [];
        preg_match(self::HOST, $uri, $parts);

        return trim($parts[1] ?? '');
    }

    /**
     * True for a host that no name server need be asked about. What an address means is the helper's to say.
     */
    public static function isAddress(string $host): bool
    {
        return @inet_pton($host) !== false;
    }
}

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

    private const PORT = '/:\d+\s*(?:[;?>]|$)/';

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
     * What name servers are asked about it: the host, and behind it the transports by which Asterisk looks for its
     * servers first, as it does for a name without a port. Empty if there is no host.
     *
     * @param string $transports one, or several with commas between them
     * @param string $port if that is set apart from the URI
     */
    public static function question(string $uri, string $transports, string $port = ''): string
    {
        $host = self::hostOf($uri);
        $hasPort = (int)$port !== 0 || preg_match(self::PORT, $uri) === 1;

        return $host === '' || $hasPort || self::isAddress($host) ? $host : "$host $transports";
    }

    /**
     * True for a host that no name server need be asked about. What an address means is the helper's to say.
     */
    public static function isAddress(string $host): bool
    {
        return @inet_pton($host) !== false;
    }
}

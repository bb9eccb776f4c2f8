<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

/**
 * An IP address as the network sees it.
 */
final class Address
{
    /** What a socket for both families puts before the bytes of an IPv4 address. */
    private const MAPPED = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

    /**
     * The address, with IPv4 mapped into IPv6 (`::ffff:192.0.2.7`) written as IPv4; empty if the text is no address.
     */
    public static function canonical(string $text): string
    {
        if (filter_var($text, FILTER_VALIDATE_IP) === false) {
            return '';
        }
        $bytes = (string)inet_pton($text);

        return str_starts_with($bytes, self::MAPPED)
            ? (string)inet_ntop(substr($bytes, strlen(self::MAPPED)))
            : $text;
    }
}

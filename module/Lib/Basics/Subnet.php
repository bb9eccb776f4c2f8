<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

/**
 * A CIDR block as the helper writes it, so that equal policies look equal.
 */
final class Subnet
{
    /**
     * The block with its host bits cleared, of a single address with its full length; null if the text is no block.
     */
    public static function canonical(string $text): ?string
    {
        $parts = [];
        if (preg_match('~^([^/]+)(?:/(\d{1,3}))?$~D', $text, $parts) !== 1) {
            return null;
        }
        $address = filter_var($parts[1] ?? '', FILTER_VALIDATE_IP);
        $bytes = is_string($address) ? inet_pton($address) : false;
        if ($bytes === false) {
            return null;
        }
        $width = 8 * strlen($bytes);
        $length = (int)($parts[2] ?? $width);
        if ($length > $width) {
            return null;
        }
        $unmapped = Address::unmapped($bytes);
        $mapped = $width - 8 * strlen($unmapped);
        if ($length >= $mapped) {
            $bytes = $unmapped;
            $length -= $mapped;
        }
        $mask = str_pad(str_repeat("\xff", intdiv($length, 8)), strlen($bytes), "\0");
        if ($length % 8 !== 0) {
            $mask[intdiv($length, 8)] = chr(0xff << (8 - $length % 8) & 0xff);
        }
        $network = inet_ntop($bytes & $mask);

        return $network === false ? null : "$network/$length";
    }
}

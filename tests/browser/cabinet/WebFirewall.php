<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

/**
 * What stands before Core's PHP: it reads addresses and bodies as they are sent, and takes what looks like an attack
 * for one. More suspicious than Core's own, for that may learn.
 */
final class WebFirewall
{
    private const ATTACKS = [
        // SQL
        '~union\s+select|select\s.*\sfrom\b|insert\s+into|delete\s+from|drop\s+table|update\s.*\sset\b~s',
        '~[\'"]\s*;|[\'"]\s+(or|and)\s|\b(\d+)\s*=\s*\2\b|--\s|/\*~',
        // other people's files
        '~\.\.[/\\\\]|/etc/|\x00~',
        // a shell, or a browser
        '~[;|`]\s*\w+|&&|\$[({]|<\s*/?\s*\w+~',
    ];

    public static function refuses(string $verb, string $path, string $query, string $body): bool
    {
        if (preg_match('~\.\.|//~', $path) === 1 || self::isAttack(urldecode($query), '~\.\.~')) {
            return true;
        }

        return in_array($verb, ['POST', 'PUT', 'PATCH'], true) && self::isAttack($body);
    }

    private static function isAttack(string $sent, string ...$more): bool
    {
        foreach ([$sent, rawurldecode($sent)] as $text) {
            foreach ([...self::ATTACKS, ...$more] as $attack) {
                if (preg_match($attack, strtolower($text)) === 1) {
                    return true;
                }
            }
        }

        return false;
    }
}

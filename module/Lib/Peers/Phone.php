<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\Extensions;
use Modules\ModuleGeoIP\Lib\Pbx\Attempt;

/**
 * A phone by what Asterisk calls it.
 */
final class Phone
{
    /** Core gives a phone in a browser an endpoint of its own beside that of the extension. */
    private const BROWSER_SUFFIX = '-WS';

    /**
     * The extension's number.
     */
    public static function numberOf(string $endpoint): string
    {
        return str_ends_with($endpoint, self::BROWSER_SUFFIX)
            ? substr($endpoint, 0, -strlen(self::BROWSER_SUFFIX))
            : $endpoint;
    }

    /**
     * The extension's number and whose it is.
     */
    public static function named(string $number): string
    {
        $extension = Attempt::to(
            'read whose an extension is',
            static fn (): mixed => Extensions::findFirstByNumber($number)
        );
        $person = $extension instanceof Extensions ? (string)$extension->callerid : '';

        return trim("$number $person");
    }
}

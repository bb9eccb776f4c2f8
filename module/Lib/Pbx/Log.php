<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Core\System\SystemMessages;

/**
 * The module's lines in the system log.
 */
final class Log
{
    public static function info(string $message): void
    {
        self::write($message, LOG_INFO);
    }

    public static function warning(string $message): void
    {
        self::write($message, LOG_WARNING);
    }

    /**
     * Who changed what; kept at a level that no PBX filters out.
     */
    public static function audit(string $message): void
    {
        self::write($message, LOG_NOTICE);
    }

    private static function write(string $message, int $level): void
    {
        // A name or an address from a request must not be able to start a line of its own.
        SystemMessages::sysLogMsg(Module::ID, preg_replace('/[\x00-\x1f\x7f]+/', ' ', $message) ?? '', $level);
    }
}

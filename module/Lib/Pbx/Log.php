<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Handlers\CriticalErrorsHandler;
use MikoPBX\Core\System\SystemMessages;
use Throwable;

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

    /**
     * What nobody foresaw, with all that helps to find out why.
     */
    public static function unforeseen(Throwable $error): void
    {
        try {
            CriticalErrorsHandler::handleExceptionWithSyslog($error);
        } catch (Throwable $missing) {
            self::warning("{$missing->getMessage()}, so this is its place: $error");
        }
    }

    private static function write(string $message, int $level): void
    {
        // A name or an address from a request must not be able to start a line of its own.
        $line = preg_replace('/[\x00-\x1f\x7f]+/', ' ', $message) ?? '';
        try {
            SystemMessages::sysLogMsg(Module::ID, $line, $level);
        } catch (Throwable) {
            // The same log, by PHP's own way to it.
            syslog($level, Module::ID . ": $line");
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

use MikoPBX\Core\Asterisk\AsteriskManager;
use RuntimeException;

class Util
{
    public static function which(string $cmd): string
    {
        return $cmd === 'php' ? PHP_BINARY : trim((string)shell_exec('command -v ' . escapeshellarg($cmd)));
    }

    public static function getAstManager(string $events = 'on'): AsteriskManager
    {
        return is_file(World::path('asterisk-down'))
            ? throw new RuntimeException('no connection to Asterisk')
            : new AsteriskManager();
    }
}

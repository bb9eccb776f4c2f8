<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class Util
{
    public static function which(string $cmd): string
    {
        return $cmd === 'php' ? PHP_BINARY : trim((string)shell_exec('command -v ' . escapeshellarg($cmd)));
    }

    public static function isSystemctl(): bool
    {
        return is_file(World::path('systemctl'));
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class Directories
{
    public const CORE_MODULES_DIR = 'core.modulesDir';
    public const CORE_TEMP_DIR = 'core.tempDir';
    public const CORE_LOGS_DIR = 'core.logsDir';

    public static function getDir(string $dirConstant): string
    {
        return match ($dirConstant) {
            self::CORE_MODULES_DIR => World::path('mikopbx/custom_modules'),
            self::CORE_TEMP_DIR => World::path('mikopbx/tmp'),
            self::CORE_LOGS_DIR => World::path('mikopbx/log'),
        };
    }
}

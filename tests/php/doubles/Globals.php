<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

// The doubles' counterpart of Core's file of this name: finds classes, for scripts that run outside the tests.

namespace MikoPBX\Common\Config {
    use MikoPBX\Core\System\World;

    function appPath(string $path = ''): string
    {
        return World::path("www/$path");
    }
}

namespace {
    require_once __DIR__ . '/MikoPBX/Core/System/World.php';

    spl_autoload_register(static function (string $class): void {
        $ours = 'Modules\\ModuleGeoIP\\';
        // On a PBX the installed module is what runs; without one, its source.
        $modules = getenv('GEOIP_TEST_PBX') . '/mikopbx/custom_modules';
        $root = is_dir($modules) ? "$modules/ModuleGeoIP" : dirname(__DIR__, 3) . '/module';
        $file = str_starts_with($class, $ours)
            ? "$root/" . str_replace('\\', '/', substr($class, strlen($ours))) . '.php'
            : __DIR__ . '/' . str_replace('\\', '/', $class) . '.php';
        if (is_file($file)) {
            require_once $file;
        }
    });
}

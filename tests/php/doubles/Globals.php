<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

// The doubles' counterpart of Core's file of this name: finds classes, for scripts that run outside the tests.

namespace {
    require_once __DIR__ . '/MikoPBX/Core/System/World.php';
}

namespace MikoPBX\Common\Config {
    use MikoPBX\Core\System\World;

    // Declared as the script runs, so that a PBX can be without it.
    if (!World::lacks('MikoPBX\Common\Config\appPath')) {
        function appPath(string $path = ''): string
        {
            return World::path("www/$path");
        }
    }
}

namespace {
    use MikoPBX\Core\System\World;

    spl_autoload_register(static function (string $class): void {
        $ours = 'Modules\\ModuleGeoIP\\';
        // On a PBX the installed module is what runs; without one, its source.
        $modules = getenv('GEOIP_TEST_PBX') . '/mikopbx/custom_modules';
        $root = is_dir($modules) ? "$modules/ModuleGeoIP" : dirname(__DIR__, 3) . '/module';
        $file = str_starts_with($class, $ours)
            ? "$root/" . str_replace('\\', '/', substr($class, strlen($ours))) . '.php'
            : __DIR__ . '/' . str_replace('\\', '/', $class) . '.php';
        if (is_file($file) && !World::lacks($class)) {
            require_once $file;
        }
    });
}

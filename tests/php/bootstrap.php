<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

require_once __DIR__ . '/doubles/Globals.php';

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/support/' . substr($class, strlen('GeoIpTests\\Support\\')) . '.php';
    if (str_starts_with($class, 'GeoIpTests\\Support\\') && is_file($file)) {
        require_once $file;
    }
});

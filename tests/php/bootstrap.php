<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

require_once __DIR__ . '/doubles/Globals.php';

spl_autoload_register(static function (string $class): void {
    [$root, $suite, $name] = explode('\\', $class, 3) + ['', '', ''];
    $file = __DIR__ . '/' . strtolower($suite) . "/$name.php";
    if ($root === 'GeoIpTests' && is_file($file)) {
        require_once $file;
    }
});

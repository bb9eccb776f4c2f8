<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

use GeoIpTests\Support\Core;

// One act of Core on the PBX of a test: `php act.php METHOD JSON`, the result as JSON on standard output.

require_once 'Globals.php';
require_once __DIR__ . '/Core.php';
require_once __DIR__ . '/Routes.php';

set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    // What is silenced with @ is not reported to us.
    if ((error_reporting() & $level) !== 0) {
        throw new ErrorException($message, 0, $level, $file, $line);
    }

    return true;
});

$arguments = json_decode($argv[2], true, 32, JSON_THROW_ON_ERROR);
echo json_encode((new Core())->{$argv[1]}(...$arguments), JSON_THROW_ON_ERROR);

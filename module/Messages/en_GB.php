<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

// English as in en.php, but for the spelling of a few words.
/** @var array<string, string> $english */
$english = require __DIR__ . '/en.php';

return array_replace($english, [
    'module_geoip_several_done' => 'Countries recognised: %n%.',
    'module_geoip_several_unknown' => 'Not recognised: %names%',
]);

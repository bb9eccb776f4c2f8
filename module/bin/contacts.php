<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Writes the request of the helper's `check`: which phones are registered now, for those that keep their way.
 */

declare(strict_types=1);

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Peers\Registrations;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

// Whatever Core has to say is no part of the request.
ob_start();

require_once 'Globals.php';

if (PHP_SAPI !== 'cli') {
    exit(1);
}

try {
    $contacts = Registrations::toRequest((new PolicyStore())->policy());
} catch (Throwable $error) {
    // A look without them learns nothing of phones, and does all else.
    Log::warning("cannot tell the helper which phones are registered: {$error->getMessage()}");
    $contacts = [];
}
ob_end_clean();
echo json_encode(['v' => Helper::PROTOCOL] + $contacts, JSON_THROW_ON_ERROR);

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use RuntimeException;

/**
 * Somebody else changed meanwhile what the request is about.
 */
final class Conflict extends RuntimeException
{
}

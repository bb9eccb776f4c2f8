<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses;

use Modules\ModuleGeoIP\Lib\RestAPI\Addresses\Actions\ExplainAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * Single addresses.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'explain' => ExplainAction::class,
    ];
}

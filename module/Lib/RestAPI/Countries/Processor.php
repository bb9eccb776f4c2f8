<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Countries;

use Modules\ModuleGeoIP\Lib\RestAPI\Countries\Actions\ListAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * Countries and what the filter does with them.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => ListAction::class,
    ];
}

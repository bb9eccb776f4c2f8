<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status;

use Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions\RepairAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * What is in force.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => GetAction::class,
    ];

    public const CHANGING = [
        'repair' => RepairAction::class,
    ];
}

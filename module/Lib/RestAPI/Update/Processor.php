<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update;

use Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions\StartAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * Getting new data.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => GetAction::class,
    ];

    public const CHANGING = [
        'start' => StartAction::class,
    ];
}

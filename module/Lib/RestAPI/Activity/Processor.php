<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity;

use Modules\ModuleGeoIP\Lib\RestAPI\Activity\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * What the filter dropped, or only counted.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => GetAction::class,
    ];
}

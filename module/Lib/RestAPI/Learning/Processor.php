<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning;

use Modules\ModuleGeoIP\Lib\RestAPI\Learning\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * What switching a learning filter on would do.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => GetAction::class,
    ];
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Networks;

use Modules\ModuleGeoIP\Lib\RestAPI\Networks\Actions\DownloadAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Networks\Actions\ListAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * Networks that can be blocked, and what is known of them.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => ListAction::class,
    ];

    public const CHANGING = [
        'download' => DownloadAction::class,
    ];
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Lists;

use Modules\ModuleGeoIP\Lib\RestAPI\Lists\Actions\DownloadAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Lists\Actions\ListAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * Block lists that can be had, and what is kept of them.
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

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\AffectedAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\CheckAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\ConfirmAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\ExportAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\PatchAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\PreviewAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\RevokeAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\SaveAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\UndoAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceProcessor;

/**
 * What the administrator wants dropped.
 */
final class Processor extends ResourceProcessor
{
    public const READING = [
        'getList' => GetAction::class,
        'preview' => PreviewAction::class,
        'affected' => AffectedAction::class,
        'check' => CheckAction::class,
        'export' => ExportAction::class,
    ];

    public const CHANGING = [
        'update' => SaveAction::class,
        'patch' => PatchAction::class,
        'confirm' => ConfirmAction::class,
        'undo' => UndoAction::class,
        'revoke' => RevokeAction::class,
    ];
}

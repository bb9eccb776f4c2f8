<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\RestAPI\Dispatcher;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\ConfirmAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\PatchAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\PreviewAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\SaveAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\UndoAction;
use Phalcon\Di\Injectable;

/**
 * Actions of the policy.
 */
class Processor extends Injectable
{
    /**
     * @param array<string, mixed> $request
     */
    public static function callBack(array $request): PBXApiResult
    {
        return Dispatcher::run($request, [
            'getList' => GetAction::class,
            'update' => SaveAction::class,
            'patch' => PatchAction::class,
            'preview' => PreviewAction::class,
            'confirm' => ConfirmAction::class,
            'undo' => UndoAction::class,
        ], __METHOD__);
    }
}

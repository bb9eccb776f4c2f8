<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status;

use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\RestAPI\Dispatcher;
use Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions\RepairAction;
use Phalcon\Di\Injectable;

/**
 * Actions of the status.
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
            'repair' => RepairAction::class,
        ], __METHOD__);
    }
}

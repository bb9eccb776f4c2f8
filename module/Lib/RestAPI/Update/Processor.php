<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update;

use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\RestAPI\Dispatcher;
use Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions\GetAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions\StartAction;
use Phalcon\Di\Injectable;

/**
 * Actions of the update.
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
            'start' => StartAction::class,
        ], __METHOD__);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning;

use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\RestAPI\Dispatcher;
use Modules\ModuleGeoIP\Lib\RestAPI\Learning\Actions\GetAction;
use Phalcon\Di\Injectable;

/**
 * Actions of learning.
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
        ], __METHOD__);
    }
}

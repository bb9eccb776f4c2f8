<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses;

use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\RestAPI\Addresses\Actions\ExplainAction;
use Modules\ModuleGeoIP\Lib\RestAPI\Dispatcher;
use Phalcon\Di\Injectable;

/**
 * Actions of single addresses.
 */
class Processor extends Injectable
{
    /**
     * @param array<string, mixed> $request
     */
    public static function callBack(array $request): PBXApiResult
    {
        return Dispatcher::run($request, [
            'explain' => ExplainAction::class,
        ], __METHOD__);
    }
}

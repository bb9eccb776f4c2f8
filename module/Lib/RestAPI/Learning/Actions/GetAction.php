<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning\Actions;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Learning\Forecast;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What switching a learning filter on would do.
 */
final class GetAction implements Action
{
    public function run(RestRequest $request): array
    {
        $forecast = new Forecast(Helper::installed(), new PolicyStore());

        return $forecast->by($request->viewer);
    }
}

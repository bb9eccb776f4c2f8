<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions;

use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Status\StatusReport;

/**
 * What is in force now.
 */
final class GetAction implements Action
{
    public function run(RestRequest $request): array
    {
        return StatusReport::current($request->viewer);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status\Actions;

use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Status\StatusReport;

/**
 * Makes kernel and disk what they should be, and says how they are then.
 */
final class RepairAction implements Action
{
    public function run(RestRequest $request): array
    {
        DesiredState::ofRequest()->repair();

        return StatusReport::current($request->viewer, true);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Networks\Actions;

use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;

/**
 * Starts a download in the background; what comes of it is seen by asking again.
 */
final class DownloadAction implements Action
{
    public function run(RestRequest $request): array
    {
        Task::Networks->start();

        return (new ListAction())->run($request);
    }
}

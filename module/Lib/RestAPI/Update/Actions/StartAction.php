<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions;

use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Update\Launcher;
use Modules\ModuleGeoIP\Lib\Update\UpdateView;

/**
 * Starts an update in a process of its own, or joins the one that runs.
 */
final class StartAction implements Action
{
    public function run(RestRequest $request): array
    {
        $force = $request->flag('force');
        $started = Launcher::startVisibly($force ? Task::ForcedUpdate : Task::ManualUpdate);
        if ($started) {
            Log::audit(sprintf(
                'an update was started by %s%s',
                $request->viewer,
                $force ? ', to be taken even if it holds far less than the last' : ''
            ));
        }

        return ['started' => $started] + UpdateView::current();
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Core\Workers\Libs\WorkerModelsEvents\Actions\ReloadCrondAction;

/**
 * What Core does with the crontab, in which the module has lines of its own.
 */
final class Crontab
{
    /**
     * Asks Core to write the crontab anew, through its own queue.
     */
    public static function queueRebuild(): void
    {
        Queue::ask('write its crontab anew', ReloadCrondAction::class);
    }
}

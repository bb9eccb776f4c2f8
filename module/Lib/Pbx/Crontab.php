<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Core\Workers\Libs\WorkerModelsEvents\Actions\ReloadCrondAction;
use MikoPBX\Core\Workers\WorkerModelsEvents;
use Throwable;

/**
 * What Core does with the crontab, in which the module has lines of its own.
 */
final class Crontab
{
    private const PRIORITY = 50;

    /**
     * Asks Core to write the crontab anew, through its own queue. If it cannot be asked, it does so another time.
     */
    public static function queueRebuild(): void
    {
        try {
            if (class_exists(ReloadCrondAction::class) && class_exists(WorkerModelsEvents::class)) {
                WorkerModelsEvents::invokeAction(ReloadCrondAction::class, [], self::PRIORITY);
            }
        } catch (Throwable $error) {
            Log::info("the PBX cannot be asked to write its crontab anew: {$error->getMessage()}");
        }
    }
}

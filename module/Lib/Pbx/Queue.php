<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use LogicException;
use MikoPBX\Core\Workers\WorkerModelsEvents;

/**
 * Core's own queue of what it has to do with the system.
 */
final class Queue
{
    private const PRIORITY = 50;

    /**
     * Asks Core to do one of its actions. If it cannot be asked, it does that another time.
     *
     * @param string $what it is, as the log says that Core cannot be asked for it
     * @param string $action the action's class
     */
    public static function ask(string $what, string $action): void
    {
        Attempt::to("ask the PBX to $what", static function () use ($action): void {
            // The queue takes any name, and nobody hears that there is no such action.
            class_exists($action) || throw new LogicException("Class \"$action\" not found");
            WorkerModelsEvents::invokeAction($action, [], self::PRIORITY);
        });
    }
}

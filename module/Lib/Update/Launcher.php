<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Throwable;

/**
 * Starts updates, each in a process of its own that outlives the caller.
 */
final class Launcher
{
    /** How long a source that could not be had is left alone. */
    private const RETRY_SECONDS = 600;

    private const START_SECONDS = 5.0;

    /**
     * Starts an update in the background, unless one runs already.
     */
    public static function start(Task $update): void
    {
        if (!self::isRunning()) {
            $update->startOrLog();
        }
    }

    /**
     * The same for somebody who waits until the record of the update can be read.
     *
     * @return bool true if it was started
     * @throws Throwable if it cannot be
     */
    public static function startVisibly(Task $update): bool
    {
        if (self::isRunning()) {
            return false;
        }
        $before = UpdateStatus::load()->toArray();
        $update->start();
        $deadline = microtime(true) + self::START_SECONDS;
        while (UpdateStatus::load()->toArray() === $before && microtime(true) < $deadline) {
            usleep(50000);
        }

        return true;
    }

    /**
     * Gets the chosen source, of which there is no data yet. Without a network that is not tried again and again.
     */
    public static function fetchMissing(string $source): void
    {
        $last = UpdateStatus::load();
        if (!$last->hasFailedFor($source) || abs(time() - $last->finishedAt()) > self::RETRY_SECONDS) {
            self::start(Task::FirstUpdate);
        }
    }

    private static function isRunning(): bool
    {
        return Lock::isHeld(UpdateStatus::lockPath());
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use MikoPBX\Core\System\Processes;
use MikoPBX\Core\System\Util;
use Modules\ModuleGeoIP\Lib\Module;
use Modules\ModuleGeoIP\Lib\State\Lock;

/**
 * Starts the module's one-shot tasks as processes of their own, which outlive the caller.
 */
final class Launcher
{
    /** How long a source that could not be fetched is left alone. */
    private const RETRY_SECONDS = 600;

    private const START_SECONDS = 5.0;

    /**
     * The command line of a task; its words are the module's own, never a request's.
     */
    public static function command(string $task, string $argument = ''): string
    {
        return trim(sprintf('%s -f %s/bin/task.php %s %s', Util::which('php'), Module::directory(), $task, $argument));
    }

    /**
     * Starts an update, unless one runs already.
     *
     * @return bool true if it was started
     */
    public static function update(string $reason): bool
    {
        if (Lock::isHeld(UpdateStatus::lockPath())) {
            return false;
        }
        Processes::mwExecBg(self::command('update', $reason), '/dev/null');

        return true;
    }

    /**
     * The same, and waits until there is a state to ask for.
     */
    public static function updateVisibly(string $reason): bool
    {
        $before = UpdateStatus::load()->toArray();
        if (!self::update($reason)) {
            return false;
        }
        $deadline = microtime(true) + self::START_SECONDS;
        while (UpdateStatus::load()->toArray() === $before && microtime(true) < $deadline) {
            usleep(50000);
        }

        return true;
    }

    /**
     * Fetches the chosen source, of which there is no data yet; not in a loop where there is no network.
     */
    public static function fetchMissing(string $source): void
    {
        $last = UpdateStatus::load();
        $hasFailed = $last->state() === UpdateStatus::FAILED && $last->source() === $source;
        if (!$hasFailed || abs(time() - $last->finishedAt()) > self::RETRY_SECONDS) {
            self::update('missing');
        }
    }

    /**
     * Makes everything what it should be, outside the caller's time.
     */
    public static function converge(): void
    {
        Processes::mwExecBg(self::command('converge'), '/dev/null');
    }
}

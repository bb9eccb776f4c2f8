<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Core\System\Processes;
use Throwable;

/**
 * The module's one-shot tasks, each by the words that `bin/task.php` takes for it.
 *
 * A task's line goes through a shell. It holds these words and nothing else, so no request can get into it.
 */
enum Task: string
{
    case ScheduledUpdate = 'update scheduled';
    /** Makes up for an update that did not come, or failed. */
    case MissedUpdate = 'update missed';
    /** An administrator asked for it. */
    case ManualUpdate = 'update manual';
    /** The same, and the data is taken even if it holds far less than the last. */
    case ForcedUpdate = 'update forced';
    /** There is no data of the chosen source yet. */
    case FirstUpdate = 'update missing';
    case Converge = 'converge';
    case Heal = 'heal';
    case Observe = 'observe';
    case Summary = 'summary';
    case Lists = 'lists';
    case Networks = 'networks';

    public function command(): string
    {
        return sprintf('%s -f %s/bin/task.php %s', Program::path('php'), Module::directory(), $this->value);
    }

    /**
     * Starts the task as a process of its own, which outlives the caller.
     *
     * @throws Throwable if Core cannot start it
     */
    public function start(): void
    {
        Processes::mwExecBg($this->command(), '/dev/null');
    }

    /**
     * The same where nobody waits for it: the lines of the crontab make up for it.
     */
    public function startOrLog(): void
    {
        Attempt::to("start the task '$this->value'", $this->start(...));
    }
}

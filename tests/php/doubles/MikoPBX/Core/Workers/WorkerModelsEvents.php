<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\Workers;

use MikoPBX\Core\System\World;

class WorkerModelsEvents
{
    public static function invokeAction(string $action, array $parameters = [], int $priority = 0): void
    {
        World::note('queue', ['action' => $action, 'parameters' => $parameters, 'priority' => $priority]);
    }
}

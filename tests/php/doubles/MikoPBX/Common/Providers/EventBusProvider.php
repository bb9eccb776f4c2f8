<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use MikoPBX\Core\System\World;

class EventBusProvider
{
    public const SERVICE_NAME = 'eventBus';

    public function publish(string $type, array $data): void
    {
        World::note('events', ['type' => $type, 'at' => microtime(true), 'data' => $data]);
    }
}

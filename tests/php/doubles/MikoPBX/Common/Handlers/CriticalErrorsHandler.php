<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Handlers;

use MikoPBX\Core\System\World;
use Throwable;

class CriticalErrorsHandler
{
    public static function handleExceptionWithSyslog(Throwable $exception): string
    {
        World::note('critical', ['message' => (string)$exception]);

        return $exception->getMessage();
    }
}

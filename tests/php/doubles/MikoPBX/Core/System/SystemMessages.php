<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class SystemMessages
{
    public static function sysLogMsg(string $ident, string $message, int $level = LOG_WARNING): void
    {
        World::note('syslog', ['ident' => $ident, 'message' => $message, 'level' => $level]);
    }
}

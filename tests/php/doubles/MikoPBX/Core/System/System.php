<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class System
{
    public static function canManageFirewall(): bool
    {
        return !is_file(World::path('in-docker'));
    }
}

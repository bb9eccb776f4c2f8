<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

enum ActionType: string
{
    case READ = 'read';
    case WRITE = 'write';
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

enum SecurityType: string
{
    case LOCALHOST = 'localhost';
    case BEARER_TOKEN = 'bearer_token';
    case PUBLIC = 'public';
}

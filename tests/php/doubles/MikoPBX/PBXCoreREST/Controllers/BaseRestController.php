<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Controllers;

abstract class BaseRestController
{
    protected string $processorClass = '';
}

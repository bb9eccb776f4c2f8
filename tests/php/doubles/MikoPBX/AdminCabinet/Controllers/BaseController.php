<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\AdminCabinet\Controllers;

class BaseController
{
    public mixed $view;
    public mixed $url;
    public mixed $request;
    public mixed $assets;

    public function initialize(): void
    {
    }
}

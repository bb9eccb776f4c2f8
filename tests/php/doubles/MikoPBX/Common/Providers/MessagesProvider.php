<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use Phalcon\Di\Di;
use Phalcon\Di\DiInterface;

class MessagesProvider
{
    public const SERVICE_NAME = 'messages';

    public function register(DiInterface $di): void
    {
        Di::learnWords();
    }
}

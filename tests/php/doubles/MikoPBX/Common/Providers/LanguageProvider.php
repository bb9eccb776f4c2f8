<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use Phalcon\Di\DiInterface;

class LanguageProvider
{
    public const PREFERRED_LANG_WEB = 'PREFERRED_LANG_WEB';

    public function register(DiInterface $di): void
    {
    }
}

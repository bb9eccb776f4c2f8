<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use MikoPBX\Core\System\World;
use Phalcon\Di\Di;
use Phalcon\Di\DiInterface;

class TranslationProvider
{
    public const SERVICE_NAME = 'translation';

    public function register(DiInterface $di): void
    {
    }

    public static function translate(string $translateKey, array $placeholders = []): string
    {
        if (!Di::knowsWords()) {
            return $translateKey;
        }
        $pairs = [];
        foreach ($placeholders as $name => $value) {
            $pairs["%$name%"] = $value;
        }

        return strtr(World::messages()[$translateKey] ?? $translateKey, $pairs);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use MikoPBX\Core\System\World;

class TranslationProvider
{
    public static function translate(string $translateKey, array $placeholders = []): string
    {
        $pairs = [];
        foreach ($placeholders as $name => $value) {
            $pairs["%$name%"] = $value;
        }

        return strtr(World::messages()[$translateKey] ?? $translateKey, $pairs);
    }
}

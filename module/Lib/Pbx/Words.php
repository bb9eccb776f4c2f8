<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Providers\TranslationProvider;
use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * The module's texts in the language of whoever is told.
 */
final class Words
{
    /**
     * @param string $key of `Messages/`
     * @param array<string, string> $gaps what takes the place of `%name%`
     */
    public static function of(string $key, array $gaps = []): string
    {
        return Attempt::to(
            'speak the language of the PBX',
            static fn (): string => TranslationProvider::translate($key, $gaps)
        ) ?? self::inEnglish($key, $gaps);
    }

    /**
     * @param array<string, string> $gaps
     */
    private static function inEnglish(string $key, array $gaps): string
    {
        $sentences = new Fields((array)require Module::directory() . '/Messages/en.php');
        $filled = [];
        foreach ($gaps as $name => $value) {
            $filled["%$name%"] = $value;
        }

        return strtr($sentences->string($key) ?: $key, $filled);
    }
}

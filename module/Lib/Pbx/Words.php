<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Providers\TranslationProvider;

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
        return TranslationProvider::translate($key, $gaps);
    }
}

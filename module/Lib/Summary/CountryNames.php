<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Summary;

use Locale;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;

/**
 * What countries are called in the administrator's language; in English where this PHP knows no other.
 */
final class CountryNames
{
    /**
     * @param list<string> $codes
     * @return list<string>
     */
    public static function of(array $codes, Helper $helper, string $source): array
    {
        if (class_exists(Locale::class)) {
            $language = AdminMail::language();

            return array_map(
                static fn (string $code): string => (string)Locale::getDisplayRegion("-$code", $language),
                $codes
            );
        }
        $english = [];
        foreach ($helper->run('countries', ['source' => $source])->data->objects('countries') as $country) {
            $english[$country->string('code')] = $country->string('name');
        }

        return array_map(static fn (string $code): string => $english[$code] ?? $code, $codes);
    }
}

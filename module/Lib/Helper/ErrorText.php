<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Pbx\Words;

/**
 * Puts the helper's codes into words that an administrator understands, in the language of the administrator.
 */
final class ErrorText
{
    private const PREFIX = 'module_geoip_error_';

    /**
     * The translated sentence of a code; the helper's own words where there is none.
     */
    public static function of(string $code, string $message): string
    {
        $key = self::PREFIX . str_replace('.', '_', $code);
        $text = Words::of($key);

        // A newer helper may know codes that these messages do not.
        return $text === $key ? $message : $text;
    }

    public static function ofError(HelperError $error): string
    {
        return self::of($error->codeWord, $error->getMessage());
    }

    /**
     * The same with the helper's own words, for where there is no other place for details.
     */
    public static function withDetail(HelperError $error): string
    {
        $text = self::ofError($error);
        $message = $error->getMessage();

        return in_array($message, ['', $text], true) ? $text : "$text ($message)";
    }

    /**
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     * @return list<array{code: string, text: string}>
     */
    public static function ofWarnings(array $warnings): array
    {
        $texts = [];
        foreach ($warnings as ['code' => $code, 'message' => $message]) {
            $texts[] = ['code' => $code, 'text' => self::of($code, $message)];
        }

        return $texts;
    }
}

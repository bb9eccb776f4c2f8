<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

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
        $language = getenv('GEOIP_TEST_LANGUAGE') ?: 'en';
        $messages = require dirname(__DIR__, 6) . "/module/Messages/$language.php";
        $pairs = [];
        foreach ($placeholders as $name => $value) {
            $pairs["%$name%"] = $value;
        }

        return strtr($messages[$translateKey] ?? $translateKey, $pairs);
    }
}

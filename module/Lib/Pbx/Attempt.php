<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use Throwable;

/**
 * Uses what another version of Core may have renamed or lost. The module does without it then, and says so.
 */
final class Attempt
{
    /** @var array<string, true> what was said already: a worker of Core's tries the same again for weeks */
    private static array $said = [];

    /**
     * @template T
     * @template U
     * @param string $what in the log's words: it "cannot" do that
     * @param callable(): T $use names the class of Core itself: a class that is missing is an error of the call
     * @param U $otherwise
     * @return T|U
     */
    public static function to(string $what, callable $use, mixed $otherwise = null): mixed
    {
        try {
            return $use();
        } catch (Throwable $error) {
            $line = "cannot $what: {$error->getMessage()}";
            if (!isset(self::$said[$line])) {
                self::$said[$line] = true;
                Log::warning($line);
            }

            return $otherwise;
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

use PDO;

/**
 * The PBX of a test: a directory with everything that outlives a process. Core has no such class.
 */
final class World
{
    /** @var array<string, PDO> */
    private static array $open = [];

    public static function path(string $name): string
    {
        $root = getenv('GEOIP_TEST_PBX');
        if (!is_string($root) || $root === '') {
            throw new \LogicException('GEOIP_TEST_PBX is not set');
        }

        return "$root/$name";
    }

    /**
     * True if a test took this class or function of Core away, as another version may.
     */
    public static function lacks(string $name): bool
    {
        $file = getenv('GEOIP_TEST_PBX') . '/missing';

        return is_file($file) && file_get_contents($file) === $name;
    }

    /**
     * @param array<string, mixed> $record
     */
    public static function note(string $file, array $record): void
    {
        $line = json_encode($record, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        file_put_contents(self::path($file), "$line\n", FILE_APPEND | LOCK_EX);
    }

    /**
     * The module's sentences as Core reads them: English, and over it the language of the web interface.
     *
     * @return array<string, string>
     */
    public static function messages(): array
    {
        $directory = dirname(__DIR__, 6) . '/module/Messages';
        $own = "$directory/" . (getenv('GEOIP_TEST_LANGUAGE') ?: 'en') . '.php';

        return array_replace(require "$directory/en.php", is_file($own) ? require $own : []);
    }

    public static function database(string $file): PDO
    {
        $path = self::path($file);
        if (!isset(self::$open[$path])) {
            $pdo = new PDO("sqlite:$path");
            $pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
            $pdo->exec('PRAGMA busy_timeout = 10000');
            self::$open[$path] = $pdo;
        }

        return self::$open[$path];
    }

    /**
     * Until then a process keeps the file that it opened, even if that was replaced since, as an upgrade does.
     */
    public static function reconnect(): void
    {
        self::$open = [];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use PhpToken;
use RecursiveDirectoryIterator;
use RecursiveIteratorIterator;

/**
 * What the module uses of Core: as docs/core-uses.md lists it, and as the source has it.
 */
final class CoreUses
{
    private const PAGE = __DIR__ . '/../../../docs/core-uses.md';

    public const MODULE = __DIR__ . '/../../../module/';

    /**
     * The rows of the page by what they are about.
     *
     * @return array<string, array{members: list<string>, files: list<string>, kind: string, without: string}>
     */
    public static function listed(): array
    {
        $listed = [];
        $row = '/^\| `([\w\\\\]+)` \| ([^|]+) \| (`[^|]+`) \| (\w+) \| ([^|]+) \|$/m';
        preg_match_all($row, self::page(), $rows, PREG_SET_ORDER);
        foreach ($rows as [, $name, $members, $where, $kind, $without]) {
            $listed[$name] = [
                'members' => self::words($members),
                'files' => self::files(self::words($where)),
                'kind' => $kind,
                'without' => $without,
            ];
        }

        return $listed;
    }

    /**
     * Whatever the module can do without.
     *
     * @return list<string>
     */
    public static function optional(): array
    {
        return array_keys(array_filter(
            self::listed(),
            static fn (array $row): bool => $row['kind'] === 'optional'
        ));
    }

    /**
     * The globals of Core's scripts on the page.
     *
     * @return list<string>
     */
    public static function globals(): array
    {
        preg_match_all('/^\| `([$\w]+)` \| [^|]+ \|$/m', self::page(), $rows);

        return $rows[1];
    }

    /**
     * The module's files that name something foreign, by what they name.
     *
     * @return array<string, list<string>>
     */
    public static function inSource(): array
    {
        $uses = [];
        foreach (self::sources() as $file => $source) {
            foreach (PhpToken::tokenize($source) as $token) {
                $name = ltrim($token->text, '\\');
                $isForeign = $token->is([T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED])
                    && str_contains($name, '\\')
                    && !str_starts_with($name, 'Modules\\');
                if ($isForeign) {
                    $uses[$name][$file] = $file;
                }
            }
        }

        return array_map(array_values(...), $uses);
    }

    /**
     * What is taken from a class by its name, such as its constants.
     *
     * @return list<string>
     */
    public static function membersInSource(string $class, string $file): array
    {
        $source = self::source($file);
        $name = preg_match('/^use ' . preg_quote($class, '/') . ' as (\w+);$/m', $source, $alias) === 1
            ? $alias[1]
            : basename(str_replace('\\', '/', $class));
        preg_match_all("/\\b$name::(?!class\\b)(\\w+)/", $source, $found);

        return array_values(array_unique($found[1]));
    }

    public static function source(string $file): string
    {
        return file_get_contents(self::MODULE . $file);
    }

    /**
     * @return array<string, string>
     */
    private static function sources(): array
    {
        $sources = [];
        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(self::MODULE)) as $file) {
            if ($file->isFile() && $file->getExtension() === 'php') {
                $name = substr($file->getPathname(), strlen(self::MODULE));
                $sources[$name] = self::source($name);
            }
        }
        ksort($sources);

        return $sources;
    }

    private static function page(): string
    {
        return file_get_contents(self::PAGE);
    }

    /**
     * @return list<string>
     */
    private static function words(string $cell): array
    {
        preg_match_all('/`([^`]+)`/', $cell, $words);

        return $words[1];
    }

    /**
     * @param list<string> $patterns
     * @return list<string>
     */
    private static function files(array $patterns): array
    {
        $files = [];
        foreach ($patterns as $pattern) {
            foreach (glob(self::MODULE . $pattern) as $file) {
                $files[] = substr($file, strlen(self::MODULE));
            }
        }

        return $files;
    }
}

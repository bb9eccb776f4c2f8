<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use PHPUnit\Framework\TestCase;

/**
 * The folders of Lib stand in one order, and nothing imports from a folder behind its own.
 */
final class LayersTest extends TestCase
{
    private const ORDER = [
        'Basics', 'Pbx', 'Helper', 'Settings', 'Update', 'Lists', 'Peers', 'Learning', 'Enforcement', 'Healing',
        'Status', 'Summary', 'RestAPI',
    ];

    private const LIB = __DIR__ . '/../../../module/Lib/';

    public static function folders(): array
    {
        return array_map(static fn (string $folder): array => [$folder], self::ORDER);
    }

    public function testEveryFolderHasItsPlaceInTheOrder(): void
    {
        $folders = array_map(basename(...), glob(self::LIB . '*', GLOB_ONLYDIR));
        self::assertEqualsCanonicalizing(self::ORDER, $folders);
    }

    /**
     * @dataProvider folders
     */
    public function testAFolderImportsOnlyFromThoseBeforeIt(string $folder): void
    {
        $before = array_slice(self::ORDER, 0, (int)array_search($folder, self::ORDER, true) + 1);
        foreach (self::sources(self::LIB . $folder) as $file => $source) {
            preg_match_all('/Modules\\\\ModuleGeoIP\\\\(?:Lib\\\\)?(\w+)(\\\\\w+)*;$/m', $source, $found);
            $allowed = [...$before, ...($folder === 'Settings' ? ['Models'] : [])];
            self::assertSame([], array_values(array_diff($found[1], $allowed)), $file);
        }
    }

    /**
     * @return array<string, string>
     */
    private static function sources(string $directory): array
    {
        $sources = [];
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($directory));
        foreach ($files as $file) {
            if ($file->isFile()) {
                $sources[$file->getPathname()] = file_get_contents($file->getPathname());
            }
        }
        self::assertNotSame([], $sources);

        return $sources;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use PHPUnit\Framework\TestCase;

/**
 * Every sentence that the module may have to say exists, in every language, with the same gaps to fill.
 */
final class MessagesTest extends TestCase
{
    private const MODULE = __DIR__ . '/../../../module';

    public static function languages(): array
    {
        return array_map(static fn (string $file): array => [$file], glob(self::MODULE . '/Messages/*.php'));
    }

    /**
     * @dataProvider languages
     */
    public function testEveryLanguageHasTheSameSentencesAndGaps(string $file): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $messages = require $file;
        self::assertSame(array_keys($english), array_keys($messages));
        foreach ($messages as $key => $text) {
            self::assertNotSame('', trim($text), $key);
            self::assertSame(self::gaps($english[$key]), self::gaps($text), $key);
        }
    }

    public function testEveryCodeOfTheHelperHasASentence(): void
    {
        $root = dirname(__DIR__, 3);
        // The helper's own tests keep these tables complete.
        preg_match_all('/^\| `([a-z_]+\.[a-z_0-9]+)` \|/m', file_get_contents("$root/docs/errors.md"), $codes);
        self::assertGreaterThan(30, count($codes[1]));
        $english = require self::MODULE . '/Messages/en.php';
        foreach ($codes[1] as $code) {
            self::assertArrayHasKey('module_geoip_error_' . str_replace('.', '_', $code), $english);
        }
    }

    public function testEverySentenceThatIsAskedForExists(): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $asked = [];
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(self::MODULE)) as $file) {
            $isCode = in_array($file->getExtension(), ['php', 'volt', 'js'], true);
            if ($isCode && basename($file->getPath()) !== 'Messages') {
                $source = file_get_contents($file->getPathname());
                preg_match_all('/\bmodule_geoip_[a-z0-9_]*[a-z0-9]\b(?!_)/', $source, $whole);
                preg_match_all("/new InvalidInput\([^;]*?, '([a-z_]+)'/", $source, $reasons);
                preg_match_all("/problem\('([a-z._]+)'\)/", $source, $problems);
                array_push(
                    $asked,
                    ...$whole[0],
                    ...array_map(static fn (string $word): string => "module_geoip_invalid_$word", $reasons[1]),
                    ...array_map(
                        static fn (string $code): string => 'module_geoip_error_' . str_replace('.', '_', $code),
                        $problems[1]
                    )
                );
            }
        }
        self::assertGreaterThan(25, count(array_unique($asked)));
        foreach (array_unique($asked) as $key) {
            self::assertArrayHasKey($key, $english);
        }
    }

    public function testWhatCoreAsksForExists(): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        foreach (['Breadcrumb', 'SubHeader', 'mo_', 'rep'] as $prefix) {
            self::assertArrayHasKey($prefix . 'ModuleGeoIP', $english);
        }
        self::assertStringContainsString('%represent%', $english['repModuleGeoIP']);
    }

    /**
     * @return list<string>
     */
    private static function gaps(string $text): array
    {
        preg_match_all('/%[a-z]+%/', $text, $gaps);
        sort($gaps[0]);

        return $gaps[0];
    }
}

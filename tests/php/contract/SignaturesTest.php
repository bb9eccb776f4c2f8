<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use PHPUnit\Framework\TestCase;

/**
 * The doubles promise what Core promises: the same methods with the same signatures.
 *
 * The signatures are written down in `core-signatures.txt`. With a checkout of Core at hand, named by
 * GEOIP_CORE_SOURCE, that list itself is checked against it.
 */
final class SignaturesTest extends TestCase
{
    private const DOUBLES = __DIR__ . '/../doubles/';

    public function testTheDoublesHaveTheSignaturesWrittenDown(): void
    {
        $classes = self::writtenDown();
        self::assertGreaterThan(10, count($classes));
        foreach ($classes as $class => $methods) {
            $source = file_get_contents(self::DOUBLES . str_replace('\\', '/', $class) . '.php');
            self::assertEmpty(
                array_diff($methods, Signatures::in($source)),
                "$class: " . implode("\n", array_diff($methods, Signatures::in($source)))
            );
        }
    }

    public function testTheDoublesHaveNoMethodThatIsNotWrittenDown(): void
    {
        // What the table of a model needs, and what Core's models inherit from Phalcon.
        $own = '/ (__callStatic|upgradeTable|databaseFile|setSource|find|findFirst|save|delete|getMessages)\(/';
        foreach (self::writtenDown() as $class => $methods) {
            $source = file_get_contents(self::DOUBLES . str_replace('\\', '/', $class) . '.php');
            $extra = array_diff(Signatures::in($source), $methods);
            self::assertSame([], array_values(preg_grep($own, $extra, PREG_GREP_INVERT)), $class);
        }
    }

    public function testWhatIsWrittenDownIsWhatCoreHas(): void
    {
        $core = getenv('GEOIP_CORE_SOURCE');
        if (!is_string($core) || !is_dir("$core/src")) {
            $this->expectNotToPerformAssertions();

            return;
        }
        foreach (self::writtenDown() as $class => $methods) {
            $path = str_replace(['MikoPBX\\', '\\'], ['src/', '/'], $class) . '.php';
            if (is_file("$core/$path")) {
                $actual = Signatures::in(file_get_contents("$core/$path"));
                self::assertSame([], array_values(array_diff($methods, $actual)), $class);
            }
        }
    }

    /**
     * @return array<string, list<string>>
     */
    private static function writtenDown(): array
    {
        $classes = [];
        $class = '';
        foreach (file(__DIR__ . '/core-signatures.txt', FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES) as $line) {
            if ($line[0] !== ' ') {
                $class = $line;
                $classes[$class] = [];
            } else {
                $classes[$class][] = trim($line);
            }
        }

        return $classes;
    }
}

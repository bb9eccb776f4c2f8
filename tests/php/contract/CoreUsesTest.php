<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use GeoIpTests\Support\CoreUses;
use PHPUnit\Framework\TestCase;

/**
 * docs/core-uses.md names everything that the module uses of Core, where it does, and nothing else.
 */
final class CoreUsesTest extends TestCase
{
    public function testThePageNamesWhatTheSourceUsesAndWhereItDoes(): void
    {
        $listed = CoreUses::listed();
        $used = CoreUses::inSource();
        self::assertEqualsCanonicalizing(array_keys($used), array_keys($listed));
        foreach ($used as $name => $files) {
            self::assertEqualsCanonicalizing($files, $listed[$name]['files'], $name);
        }
    }

    public function testThePageNamesWhatIsTakenFromAClass(): void
    {
        foreach (CoreUses::listed() as $name => $row) {
            foreach ($row['files'] as $file) {
                $missing = array_diff(CoreUses::membersInSource($name, $file), $row['members']);
                self::assertSame([], array_values($missing), "$name in $file");
            }
        }
    }

    public function testWhatThePageNamesIsUsed(): void
    {
        foreach (CoreUses::listed() as $name => $row) {
            $source = implode('', array_map(CoreUses::source(...), $row['files']));
            foreach ($row['members'] as $member) {
                self::assertMatchesRegularExpression("/\\b$member\\b/", $source, $name);
            }
        }
    }

    public function testEveryUseIsNeededOrOptionalAndThePageSaysWhatHappensWithoutIt(): void
    {
        foreach (CoreUses::listed() as $name => $row) {
            self::assertContains($row['kind'], ['needed', 'optional'], $name);
            self::assertNotSame('', trim($row['without']), $name);
        }
        self::assertGreaterThan(10, count(CoreUses::optional()));
    }

    public function testThePageNamesTheGlobalsOfCoresScripts(): void
    {
        $script = CoreUses::source('public/assets/js/core.js');
        self::assertSame(1, preg_match('~^/\* global (.+) \*/$~m', $script, $found));
        self::assertEqualsCanonicalizing(explode(', ', $found[1]), CoreUses::globals());
    }
}

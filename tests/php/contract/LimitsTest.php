<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use Modules\ModuleGeoIP\Lib\Healing\Watch;
use PHPUnit\Framework\TestCase;

/**
 * Whoever waits for somebody gives up later than he does: the one who knows the reason is the first to say it.
 *
 * The limits are those of the tables in docs/module.md, which name the constant of each.
 */
final class LimitsTest extends TestCase
{
    private const ROOT = __DIR__ . '/../../../';

    public function testTheTablesNameTheLimitsAsTheyAre(): void
    {
        foreach (self::table() as $what => [$seconds, $file, $constant]) {
            self::assertSame($seconds, self::constant($file, $constant), $what);
        }
    }

    public function testAToolEndsAfterItsWaitForTheLockOfIptables(): void
    {
        self::assertLessThan(self::seconds('a tool'), self::seconds('the lock of iptables'));
    }

    public function testTheHelperIsDoneWithItsWaitingBeforeAnybodyGivesItUp(): void
    {
        $longest = self::seconds('the lock of another helper') + max(
            self::seconds('a tool'),
            self::seconds('an answer of the kernel'),
            self::seconds('the swap of sets') + self::seconds('the way back of a swap')
        );
        foreach (['`attach` in the hook', 'a call of the helper', 'a question of the page'] as $waiting) {
            self::assertLessThan(self::seconds($waiting), $longest, $waiting);
        }
        $start = self::seconds('the lock of another helper') + self::seconds('the start of a watcher');
        self::assertLessThan(self::seconds('a call of the helper'), $start);
    }

    public function testNameServersAreNoReasonToGiveUpAHelper(): void
    {
        $work = self::seconds('the lock of another helper') + self::seconds('a tool');
        $apply = self::seconds('name servers, while a policy is applied') + $work;
        self::assertLessThan(self::seconds('a call of the helper'), $apply);
    }

    public function testALookIsOverBeforeTheNextOneBegins(): void
    {
        self::assertMatchesRegularExpression('~/5 \* \* \* \*~', Watch::ofThisMachine()?->cronFields() ?? '');
        $request = file_get_contents(self::ROOT . 'docs/protocol/check.request.schema.json');
        $settling = json_decode($request, true)['properties']['settle_seconds']['default'];
        $look = self::seconds('Asterisk, in a look') + $settling + self::seconds('name servers, in a look')
            + self::seconds('the lock of another helper') + self::seconds('a tool');
        self::assertLessThan(5 * 60.0, $look);
    }

    public function testBusyHelpersAreWaitedForNoLongerThanACallMayTake(): void
    {
        $file = 'module/Lib/Enforcement/DesiredState.php';
        $attempts = self::constant($file, 'BUSY_ATTEMPTS');
        $wait = self::seconds('the lock of another helper') + self::constant($file, 'BUSY_MICROSECONDS');
        self::assertLessThan(self::seconds('a call of the helper'), $attempts * $wait);
    }

    public function testARequestIsAnsweredWhileCoreListens(): void
    {
        $listening = 30.0;
        $call = self::seconds('a call of the helper') + self::seconds('the end of a killed helper');
        self::assertLessThan($listening, self::seconds('the lock of the desired state, for a request') + $call);
        self::assertLessThan(self::seconds('the lock of the desired state, for hooks and tasks'), $call);
    }

    public function testDownloadsEndBeforeTheirUpdate(): void
    {
        self::assertLessThan(self::seconds('all downloads of an update'), self::seconds('a connection to a publisher'));
        self::assertLessThan(self::seconds('an update'), self::seconds('all downloads of an update'));
    }

    private static function seconds(string $what): float
    {
        return self::table()[$what][0] ?? self::fail("the table has no row for $what");
    }

    /**
     * @return array<string, array{float, string, string}>
     */
    private static function table(): array
    {
        $page = file_get_contents(self::ROOT . 'docs/module.md');
        preg_match_all('/^\| ([^|]+) \| ([\d.]+) \| [^|]+ \| `([^`]+)`: `(\w+)` \|$/m', $page, $rows, PREG_SET_ORDER);
        $table = [];
        foreach ($rows as [, $what, $seconds, $file, $constant]) {
            $table[$what] = [(float)$seconds, $file, $constant];
        }
        self::assertGreaterThan(12, count($table));

        return $table;
    }

    private static function constant(string $file, string $name): float
    {
        $value = '(?:Duration::from_secs\(|Timespec \{ tv_sec: |")?([\d._]+)';
        $source = file_get_contents(self::ROOT . $file);
        self::assertSame(1, preg_match("/const $name\\b[^=]*= $value/", $source, $found), "$name in $file");

        return (float)str_replace('_', '', $found[1]) / match (true) {
            str_contains($name, 'MILLISECONDS') => 1e3,
            str_contains($name, 'MICROSECONDS') => 1e6,
            default => 1,
        };
    }
}

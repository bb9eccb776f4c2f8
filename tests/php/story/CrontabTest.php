<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * What stands in root's crontab is what is wanted, and makes up for what was missed without a reboot.
 */
final class CrontabTest extends EnabledModuleTestCase
{
    private const DAY = 86400;

    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
    }

    public function testWhatTheSettingsAskForHasALineAsLongAsTheyDoAndCoreIsToldOfEachChange(): void
    {
        self::assertSame(['update', 'check', 'update'], $this->jobs());
        self::assertSame(0, $this->rebuilds());
        $this->pbx->rest('Policy', 'patch', ['weeklySummary' => true]);
        self::assertSame([['update', 'check', 'update', 'summary'], 1], [$this->jobs(), $this->rebuilds()]);
        $this->pbx->rest('Policy', 'patch', ['weeklySummary' => true, 'countries' => ['CN', 'KP']]);
        self::assertSame(1, $this->rebuilds(), 'nothing changed that is in it');
        $this->pbx->rest('Policy', 'patch', ['weeklySummary' => false, 'action' => 'count']);
        self::assertSame([['update', 'check', 'update', 'observe'], 3], [$this->jobs(), $this->rebuilds()]);
    }

    public function testALookStartsPhpOnlyWherePhonesKeepTheirWay(): void
    {
        $asks = fn (): bool => preg_grep('/contacts\.php \| /', $this->pbx->act('cron')) !== [];
        self::assertFalse($asks());
        $this->pbx->rest('Policy', 'patch', ['keepPhones' => true]);
        self::assertSame([true, 1], [$asks(), $this->rebuilds()]);
        $this->pbx->rest('Policy', 'patch', ['exceptions' => [['phone' => '202']], 'keepPhones' => false]);
        self::assertSame([true, 1], [$asks(), $this->rebuilds()]);
        $this->pbx->rest('Policy', 'patch', ['exceptions' => []]);
        self::assertSame([false, 2], [$asks(), $this->rebuilds()]);
    }

    public function testAFilterThatGoesBackToLearningByItselfHasItsLineAgain(): void
    {
        $this->pbx->rest('Policy', 'patch', ['action' => 'count']);
        $trial = $this->pbx->rest('Policy', 'patch', ['action' => 'drop', 'confirm' => true])['data']['trial'];
        self::assertNotContains('observe', $this->jobs());
        $this->pbx->rest('Policy', 'undo', ['token' => $trial['token']]);
        self::assertSame([true, 3], [in_array('observe', $this->jobs(), true), $this->rebuilds()]);
    }

    public function testAModuleThatIsRemovedLeavesNoLineBehind(): void
    {
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertSame(1, $this->rebuilds(), 'its files are gone when Core would ask for its lines');
        self::assertSame([], $this->pbx->traces());
    }

    public function testWhoeverStillHoldsARemovedModuleGetsNoLinesOfIt(): void
    {
        $this->pbx->database('core.sqlite')->exec('DELETE FROM m_PbxExtensionModules');
        self::assertSame([], $this->pbx->act('cron'));
    }

    public function testAMissedSundayIsCaughtUpWithinAnHourAndAPublisherInTroubleIsLeftAlone(): void
    {
        $this->pbx->publisherAnswered('dbip', time() - 8 * self::DAY);
        self::assertSame('missed', $this->attemptAfter([]));
        self::assertSame('failed', $this->pbx->rest('Update', 'getList')['data']['state'], 'nobody publishes here');
        foreach (['update missed', 'update missed'] as $task) {
            $this->pbx->act('task', $task);
        }
        self::assertSame(1, $this->attempts(), 'it is not asked again every hour');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame(1, $this->attempts(), 'nor at every start');
    }

    public function testWhoSwitchesItOnGetsNewerDataByItselfAndHearsNothingOfAFailureForADay(): void
    {
        $this->pbx->act('disable');
        $this->pbx->publisherAnswered('dbip', time() - 8 * self::DAY);
        $this->pbx->act('enable');
        $update = $this->pbx->waitForUpdate('reason', 'missed');
        self::assertSame(['failed', true], [$update['state'], $update['canWait']], 'nobody publishes here');
        self::assertNotNull($update['failingSince']);

        $file = "{$this->pbx->state()}/update-status.json";
        $yesterday = gmdate(DATE_ATOM, time() - self::DAY - 60);
        $record = json_decode(file_get_contents($file), true);
        file_put_contents($file, json_encode(['failingSince' => $yesterday, 'startedAt' => $yesterday] + $record));
        self::assertFalse($this->pbx->rest('Update', 'getList')['data']['canWait'], 'a day is over');
        $this->pbx->act('task', 'update missed');
        $again = $this->pbx->rest('Update', 'getList')['data'];
        self::assertSame([2, $yesterday, false], [$this->attempts(), $again['failingSince'], $again['canWait']]);
        $this->pbx->act('task', 'update manual');
        self::assertFalse($this->pbx->rest('Update', 'getList')['data']['canWait'], 'somebody asked for this one');
    }

    public function testWhatWasHadIsNotFetchedAgain(): void
    {
        $this->pbx->publisherAnswered('dbip', time());
        self::assertNull($this->attemptAfter(['state' => 'done']));
        self::assertSame(0, $this->attempts());
    }

    public function testWhatAnotherSourceGaveOrFailedToGiveSaysNothingOfTheChosenOne(): void
    {
        $this->pbx->publisherAnswered('rir', time());
        $ofAnother = ['source' => 'rir', 'startedAt' => gmdate(DATE_ATOM), 'finishedAt' => gmdate(DATE_ATOM)];
        self::assertSame('missed', $this->attemptAfter(['state' => 'done'] + $ofAnother));
        self::assertSame('missed', $this->attemptAfter($ofAnother));
        self::assertSame(2, $this->attempts());
    }

    /**
     * @dataProvider clocks
     */
    public function testAClockThatWasWrongDoesNotKeepUpdatesAwayAfterwards(int $noted): void
    {
        $this->pbx->publisherAnswered('dbip', $noted);
        $record = ['startedAt' => gmdate(DATE_ATOM, $noted), 'finishedAt' => gmdate(DATE_ATOM, $noted)];
        self::assertSame('missed', $this->attemptAfter($record));
        self::assertSame(1, $this->attempts());
    }

    public static function clocks(): array
    {
        return ['1970' => [60], 'years ahead' => [time() + 3000 * self::DAY]];
    }

    public function testEveryFileOfTheStateDirectoryIsForRootAloneAlsoOneThatWasNot(): void
    {
        $this->pbx->publisherAnswered('dbip', time() - 8 * self::DAY);
        $this->pbx->rest('Policy', 'patch', ['action' => 'count']);
        $this->pbx->act('task', 'observe');
        $this->attemptAfter([]);
        $names = ['observed.json', 'update-status.json', 'update.lock', 'desired-state.lock', 'helper-verified'];
        foreach ($names as $name) {
            self::assertFileExists("{$this->pbx->state()}/$name");
            chmod("{$this->pbx->state()}/$name", 0666);
        }
        $this->pbx->act('task', 'observe');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        $this->attemptAfter([]);
        // It stands for a file of the helper that nobody has looked at yet.
        touch("{$this->pbx->module()}/bin/" . 'geoip-helper-' . php_uname('m'));
        $this->pbx->rest('Status', 'getList');
        $modes = [];
        foreach (glob("{$this->pbx->state()}/*") as $file) {
            $modes[basename($file)] = decoct(fileperms($file) & 0777);
        }
        self::assertSame(['600'], array_values(array_unique($modes)), json_encode($modes));
    }

    /**
     * What each line runs.
     *
     * @return list<string>
     */
    private function jobs(): array
    {
        return array_map(static function (string $line): string {
            preg_match('/--json (check)|task\.php (\w+)/', $line, $found);

            return $found[1] ?: $found[2];
        }, $this->pbx->act('cron'));
    }

    private function rebuilds(): int
    {
        return count(preg_grep('/ReloadCrondAction$/', array_column($this->pbx->notes('queue'), 'action')));
    }

    /**
     * The reason of the update that cron's hourly look leads to; null if it leads to none.
     *
     * @param array<string, mixed> $record of the update before
     */
    private function attemptAfter(array $record): ?string
    {
        $file = "{$this->pbx->state()}/update-status.json";
        file_put_contents($file, json_encode($record + ['state' => 'failed', 'reason' => '', 'source' => 'dbip']));
        $this->pbx->act('task', 'update missed');

        return $this->pbx->rest('Update', 'getList')['data']['reason'] ?: null;
    }

    private function attempts(): int
    {
        return substr_count($this->pbx->log(), 'updating the data of dbip (missed)');
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use DateTimeImmutable;
use DateTimeZone;
use Modules\ModuleGeoIP\Lib\Update\Schedule;
use PHPUnit\Framework\TestCase;

final class ScheduleTest extends TestCase
{
    public function testMachinesAreSpreadOverTheEarlyHoursOfSunday(): void
    {
        $moments = [];
        for ($machine = 0; $machine < 1000; $machine++) {
            $fields = (new Schedule("52:54:00:00:00:$machine"))->cronFields();
            self::assertMatchesRegularExpression('/^[0-5]?\d [4-7] \* \* 0$/', $fields);
            $moments[$fields] = true;
        }
        self::assertGreaterThan(200, count($moments));
    }

    public function testAMachineKeepsItsMinute(): void
    {
        self::assertSame((new Schedule('a'))->cronFields(), (new Schedule('a'))->cronFields());
        self::assertSame(Schedule::ofThisMachine()->cronFields(), Schedule::ofThisMachine()->cronFields());
    }

    public function testAnUpdateIsOverdueOnceASundayPassedWithoutOne(): void
    {
        $schedule = new Schedule('any');
        // A Sunday, a week in which the update ran, and one in which it did not.
        $ran = (new DateTimeImmutable('2026-06-07 08:00'))->getTimestamp();
        foreach (['2026-06-07 09:00', '2026-06-10 12:00', '2026-06-13 23:59', '2026-06-14 03:59'] as $inTime) {
            self::assertFalse($schedule->isOverdue($ran, new DateTimeImmutable($inTime)), $inTime);
        }
        foreach (['2026-06-14 08:00', '2026-06-15 00:00', '2026-09-01 00:00'] as $late) {
            self::assertTrue($schedule->isOverdue($ran, new DateTimeImmutable($late)), $late);
        }
        self::assertTrue($schedule->isOverdue(0, new DateTimeImmutable('2026-06-10')), 'none ever ran');
    }

    public function testAClockThatWasNeverSetMakesNothingOverdue(): void
    {
        $schedule = new Schedule('any');
        foreach (['1970-01-01 00:01', '1970-01-11 12:00', '2000-01-05', '2025-12-31 23:59:59 UTC'] as $moment) {
            self::assertFalse($schedule->isOverdue(0, new DateTimeImmutable($moment)), $moment);
        }
    }

    public function testASuccessThatLiesAheadTellsNothingUnlessTheClockWasOnlyAdjusted(): void
    {
        $schedule = new Schedule('any');
        $now = new DateTimeImmutable('2026-06-10 12:00');
        self::assertTrue($schedule->isOverdue($now->modify('+9 years')->getTimestamp(), $now));
        self::assertFalse($schedule->isOverdue($now->modify('+1 minute')->getTimestamp(), $now));
    }

    public function testEveryWeekHasOneUpdateInEveryTimeZoneWhereverSummerTimeBeginsOrEnds(): void
    {
        $times = [];
        for ($machine = 0; $machine < 100; $machine++) {
            [$minute, $hour] = explode(' ', (new Schedule("52:54:00:00:00:$machine"))->cronFields());
            $times[$hour] ??= [(int)$hour, (int)$minute];
        }
        $checked = 0;
        foreach (DateTimeZone::listIdentifiers() as $name) {
            $zone = new DateTimeZone($name);
            $shifts = $zone->getTransitions(strtotime('2025-01-01'), strtotime('2031-12-31')) ?: [];
            foreach (array_slice($shifts, 1) as $shift) {
                $day = (new DateTimeImmutable("@{$shift['ts']}"))->setTimezone($zone)->modify('+12 hours');
                $sunday = $day->modify(sprintf('-%d days', (int)$day->format('w')));
                foreach ($times as $time) {
                    self::assertSame(1, self::runs($time, $sunday), "$name {$shift['time']} " . implode(':', $time));
                    $checked++;
                }
            }
        }
        self::assertGreaterThan(1000, $checked);
    }

    public function testASundayThatCronLeftOutIsOverdueFromItsMinuteOnInEveryTimeZone(): void
    {
        $schedule = new Schedule('any');
        [$minute, $hour] = array_map(intval(...), explode(' ', $schedule->cronFields()));
        foreach (DateTimeZone::listIdentifiers() as $name) {
            foreach (['2027-03-14', '2027-03-28', '2027-04-04', '2027-09-05', '2027-10-31', '2027-11-07'] as $sunday) {
                $planned = (new DateTimeImmutable($sunday, new DateTimeZone($name)))->setTime($hour, $minute);
                $last = $planned->modify('-7 days')->getTimestamp() + 20;
                self::assertFalse($schedule->isOverdue($last, $planned->modify('-1 second')), "$name $sunday");
                self::assertTrue($schedule->isOverdue($last, $planned), "$name $sunday");
                self::assertFalse($schedule->isOverdue($planned->getTimestamp(), $planned->modify('+6 days')));
            }
        }
    }

    /**
     * How often cron runs a job of Sundays around one of them: each minute that passes has its local time.
     *
     * @param array{int, int} $time hour and minute
     */
    private static function runs(array $time, DateTimeImmutable $sunday): int
    {
        [$hour, $minute] = $time;
        $wanted = sprintf('0 %d %02d', $hour, $minute);
        $begin = $sunday->setTime(0, 0)->getTimestamp() - 43200;
        $runs = 0;
        // By quarters of an hour: no zone is shifted by less.
        for ($now = $begin - $begin % 900 + $minute % 15 * 60; $now < $begin + 48 * 3600; $now += 900) {
            $runs += (new DateTimeImmutable("@$now"))->setTimezone($sunday->getTimezone())->format('w G i') === $wanted
                ? 1
                : 0;
        }

        return $runs;
    }
}

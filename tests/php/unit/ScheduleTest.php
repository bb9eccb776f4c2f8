<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use DateTimeImmutable;
use Modules\ModuleGeoIP\Lib\Update\Schedule;
use PHPUnit\Framework\TestCase;

final class ScheduleTest extends TestCase
{
    public function testMachinesAreSpreadOverTheEarlyHoursOfSunday(): void
    {
        $moments = [];
        for ($machine = 0; $machine < 1000; $machine++) {
            $fields = (new Schedule("52:54:00:00:00:$machine"))->cronFields();
            self::assertMatchesRegularExpression('/^[0-5]?\d [1-4] \* \* 0$/', $fields);
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
        $ran = (new DateTimeImmutable('2026-06-07 06:00'))->getTimestamp();
        foreach (['2026-06-07 07:00', '2026-06-10 12:00', '2026-06-13 23:59', '2026-06-14 00:59'] as $inTime) {
            self::assertFalse($schedule->isOverdue($ran, new DateTimeImmutable($inTime)), $inTime);
        }
        foreach (['2026-06-14 05:00', '2026-06-15 00:00', '2026-09-01 00:00'] as $late) {
            self::assertTrue($schedule->isOverdue($ran, new DateTimeImmutable($late)), $late);
        }
        self::assertTrue($schedule->isOverdue(0, new DateTimeImmutable('2026-06-10')), 'none ever ran');
    }
}

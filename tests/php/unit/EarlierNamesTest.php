<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\EarlierNames;
use PHPUnit\Framework\TestCase;

final class EarlierNamesTest extends TestCase
{
    private const NOON = '2026-11-22T12:00:00Z';

    public function testWhatWasStoredByEarlierNamesIsReadByThoseOfToday(): void
    {
        $office = ['subnet' => '10.0.0.0/8'];
        self::assertSame(
            ['mode' => 'block', 'exceptions' => ['198.51.100.7/32', $office + ['expires_at' => self::NOON]]],
            EarlierNames::replaced([
                'mode' => 'block',
                'allow' => ['198.51.100.7/32', $office + ['expires' => self::NOON]],
            ])
        );
    }

    public function testWhatIsStoredByTheNamesOfTodayStaysAsItIs(): void
    {
        $stored = ['exceptions' => [['subnet' => '10.0.0.0/8', 'note' => '', 'expires_at' => null]], 'source' => null];
        self::assertSame($stored, EarlierNames::replaced($stored));
        self::assertSame(['exceptions' => null], EarlierNames::replaced(['exceptions' => null]));
    }
}

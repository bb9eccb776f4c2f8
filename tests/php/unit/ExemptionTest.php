<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\Exemption;
use Modules\ModuleGeoIP\Lib\Settings\ExemptionReader;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use PHPUnit\Framework\TestCase;

final class ExemptionTest extends TestCase
{
    private const NOON = '2026-11-22T12:00:00Z';

    public function testWhatEarlierVersionsStoredIsStillRead(): void
    {
        $read = ExemptionReader::read(['198.51.100.7', '10.1.2.3/8']);
        self::assertEquals([new Exemption('198.51.100.7/32'), new Exemption('10.0.0.0/8')], $read);
    }

    public function testAnAddressThatIsMappedIntoIpv6IsTheOneOfIpv4(): void
    {
        $read = ExemptionReader::read(['::ffff:198.51.100.7', '::FFFF:c633:6400/120', '::ffff:0:0/95', '64:ff9b::7']);
        self::assertEquals([
            new Exemption('198.51.100.7/32'),
            new Exemption('198.51.100.0/24'),
            new Exemption('::fffe:0:0/95'),
            new Exemption('64:ff9b::7/128'),
        ], $read);
    }

    public static function moments(): array
    {
        return [
            ['2026-11-22T12:00:00Z', self::NOON],
            ['2026-11-22t15:00:00+03:00', self::NOON],
            ['2026-11-22 12:00:00.123Z', self::NOON],
            // The helper's calendar ends some hours before that of dates with four digits.
            ['9999-12-30T22:00:00Z', '9999-12-30T22:00:00Z'],
            ['9999-12-31T23:59:59Z', '9999-12-30T22:00:00Z'],
            ['9999-12-31T23:59:59-12:00', '9999-12-30T22:00:00Z'],
            ['0000-01-01T00:00:00+14:00', '0000-01-01T00:00:00Z'],
            ['', null],
            [null, null],
        ];
    }

    /**
     * @dataProvider moments
     */
    public function testTheEndIsKeptInUniversalTimeAndWholeSeconds(?string $sent, ?string $kept): void
    {
        $read = ExemptionReader::read([['subnet' => '198.51.100.7', 'note' => ' Anna ', 'expires' => $sent]]);
        self::assertEquals([new Exemption('198.51.100.7/32', 'Anna', $kept)], $read);
    }

    public static function wrong(): array
    {
        $with = static fn (string $field, mixed $value): array => [[$field => $value] + ['subnet' => '198.51.100.7']];

        return [
            'no list' => ['198.51.100.7', 'allow'],
            'a number' => [[7], 'allow'],
            'no subnet' => [[['note' => 'who?']], 'allow'],
            'an unknown field' => [$with('until', self::NOON), 'allow.until'],
            'a note of two lines' => [$with('note', "one\ntwo"), 'allow.note'],
            'a note beyond reading' => [$with('note', str_repeat('long ', 50)), 'allow.note'],
            'a note that is no text' => [$with('note', ['a']), 'allow.note'],
            'a word as the end' => [$with('expires', 'tomorrow'), 'allow.expires'],
            'a local time' => [$with('expires', '2026-11-22T12:00:00'), 'allow.expires'],
            'no day of the calendar' => [$with('expires', '2026-02-31T12:00:00Z'), 'allow.expires'],
            'no hour of the day' => [$with('expires', '2026-02-21T25:00:00Z'), 'allow.expires'],
            'a number as the end' => [$with('expires', 1795000000), 'allow.expires'],
        ];
    }

    /**
     * @dataProvider wrong
     */
    public function testWhatCannotBeAnExceptionIsRefusedByItsField(mixed $sent, string $field): void
    {
        try {
            ExemptionReader::read($sent);
            self::fail('it was taken');
        } catch (InvalidInput $refused) {
            self::assertSame($field, $refused->field);
        }
    }

    public function testOfSeveralForOneSubnetTheLastCounts(): void
    {
        $read = ExemptionReader::read([
            ['subnet' => '198.51.100.0/24', 'note' => 'first'],
            '10.0.0.0/8',
            ['subnet' => '198.51.100.9/24', 'note' => 'second'],
        ]);
        self::assertEquals([new Exemption('10.0.0.0/8'), new Exemption('198.51.100.0/24', 'second')], $read);
    }

    public function testTheHelperGetsThoseThatEndAsPassesAndNoNotes(): void
    {
        $policy = new Policy(allow: [
            new Exemption('10.0.0.0/8', 'office'),
            new Exemption('198.51.100.7/32', 'Anna', self::NOON),
        ]);
        $request = $policy->toRequest()['policy'];
        self::assertSame(['10.0.0.0/8'], $request['allow']);
        self::assertSame([['subnet' => '198.51.100.7/32', 'expires_at' => self::NOON]], $request['passes']);
    }

    public function testWhatIsOverIsNoPartOfThePolicyFromThatSecondOn(): void
    {
        $policy = new Policy(allow: [new Exemption('198.51.100.7/32', expires: self::NOON)]);
        self::assertCount(1, $policy->at(strtotime(self::NOON) - 1)->allow);
        self::assertCount(0, $policy->at(strtotime(self::NOON))->allow);
    }
}

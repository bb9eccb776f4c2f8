<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\ExceptedSubnet;
use Modules\ModuleGeoIP\Lib\Settings\ExceptionsReader;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use PHPUnit\Framework\TestCase;

final class ExceptionsReaderTest extends TestCase
{
    private const NOON = '2026-11-22T12:00:00Z';

    public function testWhatEarlierVersionsStoredIsStillRead(): void
    {
        $read = ExceptionsReader::read(['198.51.100.7', '10.1.2.3/8']);
        self::assertEquals([new ExceptedSubnet('198.51.100.7/32'), new ExceptedSubnet('10.0.0.0/8')], $read);
    }

    public function testAnAddressThatIsMappedIntoIpv6IsTheOneOfIpv4(): void
    {
        $read = ExceptionsReader::read(['::ffff:198.51.100.7', '::FFFF:c633:6400/120', '::ffff:0:0/95', '64:ff9b::7']);
        self::assertEquals([
            new ExceptedSubnet('198.51.100.7/32'),
            new ExceptedSubnet('198.51.100.0/24'),
            new ExceptedSubnet('::fffe:0:0/95'),
            new ExceptedSubnet('64:ff9b::7/128'),
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
        $read = ExceptionsReader::read([['subnet' => '198.51.100.7', 'note' => ' Anna ', 'expires_at' => $sent]]);
        self::assertEquals([new ExceptedSubnet('198.51.100.7/32', 'Anna', $kept)], $read);
    }

    public static function wrong(): array
    {
        $with = static fn (string $field, mixed $value): array => [[$field => $value] + ['subnet' => '198.51.100.7']];

        return [
            'no list' => ['198.51.100.7', 'exceptions'],
            'a number' => [[7], 'exceptions'],
            'no subnet' => [[['note' => 'who?']], 'exceptions'],
            'an unknown field' => [$with('until', self::NOON), 'exceptions.until'],
            'a note of two lines' => [$with('note', "one\ntwo"), 'exceptions.note'],
            'a note beyond reading' => [$with('note', str_repeat('long ', 50)), 'exceptions.note'],
            'a note that is no text' => [$with('note', ['a']), 'exceptions.note'],
            'a word as the end' => [$with('expires_at', 'tomorrow'), 'exceptions.expires_at'],
            'a local time' => [$with('expires_at', '2026-11-22T12:00:00'), 'exceptions.expires_at'],
            'no day of the calendar' => [$with('expires_at', '2026-02-31T12:00:00Z'), 'exceptions.expires_at'],
            'no hour of the day' => [$with('expires_at', '2026-02-21T25:00:00Z'), 'exceptions.expires_at'],
            'a number as the end' => [$with('expires_at', 1795000000), 'exceptions.expires_at'],
        ];
    }

    /**
     * @dataProvider wrong
     */
    public function testWhatCannotBeAnExceptionIsRefusedByItsField(mixed $sent, string $field): void
    {
        try {
            ExceptionsReader::read($sent);
            self::fail('it was taken');
        } catch (InvalidInput $refused) {
            self::assertSame($field, $refused->field);
        }
    }

    public function testOfSeveralForOneSubnetTheLastCounts(): void
    {
        $read = ExceptionsReader::read([
            ['subnet' => '198.51.100.0/24', 'note' => 'first'],
            '10.0.0.0/8',
            ['subnet' => '198.51.100.9/24', 'note' => 'second'],
        ]);
        self::assertEquals([new ExceptedSubnet('10.0.0.0/8'), new ExceptedSubnet('198.51.100.0/24', 'second')], $read);
    }

    public function testTheHelperGetsNoNotes(): void
    {
        $policy = new Policy(exceptions: [
            new ExceptedSubnet('10.0.0.0/8', 'office'),
            new ExceptedSubnet('198.51.100.7/32', 'Anna', self::NOON),
        ]);
        $request = $policy->toRequest()['policy'];
        self::assertSame(
            [['subnet' => '10.0.0.0/8'], ['subnet' => '198.51.100.7/32', 'expires_at' => self::NOON]],
            $request['exceptions']
        );
    }

    public function testWhatIsOverIsNoPartOfThePolicyFromThatSecondOn(): void
    {
        $policy = new Policy(exceptions: [new ExceptedSubnet('198.51.100.7/32', expiresAt: self::NOON)]);
        self::assertCount(1, $policy->at(strtotime(self::NOON) - 1)->exceptions);
        self::assertCount(0, $policy->at(strtotime(self::NOON))->exceptions);
    }
}

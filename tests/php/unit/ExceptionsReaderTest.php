<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\Excepted;
use Modules\ModuleGeoIP\Lib\Settings\ExceptionsReader;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use PHPUnit\Framework\TestCase;

final class ExceptionsReaderTest extends TestCase
{
    private const NOON = '2026-11-22T12:00:00Z';

    public static function wrong(): array
    {
        $with = static fn (string $field, mixed $value): array => [[$field => $value] + ['subnet' => '198.51.100.7']];

        return [
            'no list' => ['198.51.100.7', 'exceptions'],
            'a number' => [[7], 'exceptions'],
            'nobody' => [[['note' => 'who?']], 'exceptions'],
            'nobody by an empty name' => [[['host' => ' ']], 'exceptions'],
            'two at once' => [$with('host', 'anna.example.net'), 'exceptions'],
            'what only a check takes' => [[['text' => 'anna.example.net']], 'exceptions.text'],
            'an unknown field' => [$with('until', self::NOON), 'exceptions.until'],
            'a name that no release had' => [$with('expires', self::NOON), 'exceptions.expires'],
            'a note of two lines' => [$with('note', "one\ntwo"), 'exceptions.note'],
            'a note beyond reading' => [$with('note', str_repeat('long ', 50)), 'exceptions.note'],
            'a note that is no text' => [$with('note', ['a']), 'exceptions.note'],
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

    public function testTheHelperGetsNoNotes(): void
    {
        $policy = new Policy(exceptions: [
            new Excepted(Excepted::SUBNET, '10.0.0.0/8', 'office'),
            new Excepted(Excepted::HOST, 'anna.example.net', 'Anna', self::NOON),
        ]);
        $request = $policy->toRequest()['policy'];
        self::assertSame(
            [['subnet' => '10.0.0.0/8'], ['host' => 'anna.example.net', 'expires_at' => self::NOON]],
            $request['exceptions']
        );
    }
}

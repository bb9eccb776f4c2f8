<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use MikoPBX\Common\Models\PbxSettings;
use Modules\ModuleGeoIP\Lib\Helper\Binary;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Settings\Excepted;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use PHPUnit\Framework\TestCase;

/**
 * The real helper says what countries, subnets and moments are, and how they are written.
 */
final class PolicyCheckTest extends TestCase
{
    private const END = '2999-11-22T12:00:00Z';

    private static string $state;

    private static Helper $helper;

    public static function setUpBeforeClass(): void
    {
        self::$state = sys_get_temp_dir() . '/geoip-check-' . bin2hex(random_bytes(6));
        mkdir(self::$state, 0700);
        putenv('GEOIP_TEST_PBX=' . self::$state);
        PbxSettings::upgradeTable();
        $binary = new Binary(getenv('GEOIP_TEST_TREE') . '/bin', php_uname('m'), self::$state);
        self::$helper = new Helper($binary, self::$state . '/state');
    }

    public static function tearDownAfterClass(): void
    {
        putenv('GEOIP_TEST_PBX');
        exec('rm -rf ' . escapeshellarg(self::$state));
    }

    public function testCountriesAreSortedAndNoneStandsTwice(): void
    {
        self::assertSame(['CN', 'RU'], self::check(['countries' => ['ru', 'CN', 'RU']])->policy->countries);
    }

    public function testWhoMayAdministerIsWrittenInOneWay(): void
    {
        $admin = ['countries' => ['de', 'AT', 'DE'], 'services' => ['web', 'consoles', 'web']];
        $valid = ['countries' => ['AT', 'DE'], 'services' => ['consoles', 'web']];
        self::assertSame($valid, self::check(['admin' => $admin])->policy->admin?->toArray());
        foreach ([null, '', ['countries' => ['DE'], 'services' => []]] as $nothing) {
            self::assertNull(self::check(['admin' => $nothing])->policy->admin, 'nothing is restricted');
        }
    }

    public function testSubnetsAreWrittenInOneWay(): void
    {
        $ways = [
            '198.51.100.7' => '198.51.100.7/32',
            '10.1.2.3/8' => '10.0.0.0/8',
            '10.255.255.255/9' => '10.128.0.0/9',
            '0.0.0.0/0' => '0.0.0.0/0',
            ' 192.0.2.1/31 ' => '192.0.2.0/31',
            '2001:DB8::1' => '2001:db8::1/128',
            '2001:db8:ffff::/33' => '2001:db8:8000::/33',
            '::/0' => '::/0',
            '::ffff:203.0.113.7' => '203.0.113.7/32',
            '::FFFF:c633:6400/120' => '198.51.100.0/24',
            '64:ff9b::7' => '64:ff9b::7/128',
        ];
        $exceptions = self::check(['exceptions' => array_keys($ways)])->policy->exceptions;
        self::assertSame(
            array_values($ways),
            array_map(static fn (Excepted $one): string => $one->who, $exceptions)
        );
    }

    public function testHostsAreWrittenInOneWayAndTheLastForOneCounts(): void
    {
        $anna = ['host' => ' Anna.EXAMPLE.net. ', 'note' => 'Anna', 'expires_at' => self::END];
        self::assertEquals(
            [new Excepted(Excepted::HOST, 'anna.example.net', 'Anna', self::END)],
            self::check(['exceptions' => [['host' => 'anna.example.net'], $anna]])->policy->exceptions
        );
    }

    public function testTheEndIsKeptInUniversalTimeAndWholeSecondsAndTheNoteWithIt(): void
    {
        $ends = [
            self::END => self::END,
            '2999-11-22t15:00:00+03:00' => self::END,
            '2999-11-22 12:00:00.123Z' => self::END,
            // The helper's calendar ends some hours before that of dates with four digits.
            '9999-12-31T23:59:59-12:00' => '9999-12-30T22:00:00Z',
            '' => null,
        ];
        foreach ($ends as $sent => $kept) {
            $exception = ['subnet' => '198.51.100.7', 'note' => ' Anna ', 'expires_at' => $sent];
            self::assertEquals(
                [new Excepted(Excepted::SUBNET, '198.51.100.7/32', 'Anna', $kept)],
                self::check(['exceptions' => [$exception]])->policy->exceptions
            );
        }
    }

    public function testOfSeveralForOneSubnetTheLastCounts(): void
    {
        $check = self::check(['exceptions' => [
            ['subnet' => '198.51.100.0/24', 'note' => 'first'],
            '10.0.0.0/8',
            ['subnet' => '198.51.100.9/24', 'note' => 'second'],
        ]]);
        self::assertEquals(
            [new Excepted(Excepted::SUBNET, '10.0.0.0/8'), new Excepted(Excepted::SUBNET, '198.51.100.0/24', 'second')],
            $check->policy->exceptions
        );
    }

    public function testWhatIsOverAlreadyIsSaidAndNoPartOfThePolicy(): void
    {
        $over = ['subnet' => '198.51.100.7', 'note' => 'Anna', 'expires_at' => '2020-01-01T00:00:00Z'];
        $check = self::check(['exceptions' => [$over, '10.0.0.0/8']]);
        self::assertSame(['policy.exception_expired'], array_column($check->warnings, 'code'));
        self::assertEquals([new Excepted(Excepted::SUBNET, '10.0.0.0/8')], $check->policy->exceptions);
        self::assertEquals(
            [new Excepted(Excepted::SUBNET, '198.51.100.7/32', 'Anna', '2020-01-01T00:00:00Z')],
            $check->over
        );
    }

    public function testAnotherNoteIsTheSamePolicyAndAnotherEndIsNot(): void
    {
        $isSame = static function (array $exception): bool {
            $anna = new Excepted(Excepted::SUBNET, '198.51.100.7/32', 'Anna');
            $before = new Policy(countries: ['CN'], exceptions: [$anna]);
            $policy = PolicyReader::read(['exceptions' => [$exception]], $before);

            return PolicyCheck::of($policy, self::$helper, $before)->isSame;
        };
        self::assertTrue($isSame(['subnet' => '198.51.100.7', 'note' => 'Anna in Lisbon']));
        self::assertFalse($isSame(['subnet' => '198.51.100.7', 'note' => 'Anna', 'expires_at' => self::END]));
    }

    public function testItIsSaidWhetherAnybodyCanBeDropped(): void
    {
        self::assertTrue(self::check(['countries' => []])->dropsNobody);
        self::assertFalse(self::check(['countries' => ['CN']])->dropsNobody);
        self::assertTrue(self::check(['countries' => ['CN'], 'action' => 'count'])->dropsNobody);
        $admin = ['countries' => ['DE'], 'services' => ['web']];
        self::assertFalse(self::check(['action' => 'count', 'admin' => $admin])->dropsNobody);
    }

    public static function wrong(): array
    {
        $subnet = static fn (string $text): array => [
            ['exceptions' => ['192.0.2.1', $text]],
            'exceptions.subnet',
            $text,
        ];
        $host = static fn (string $text): array => [
            ['exceptions' => ['192.0.2.1', ['host' => $text]]],
            'exceptions.host',
            $text,
        ];
        $end = static fn (string $text): array => [
            ['exceptions' => [['subnet' => '192.0.2.1', 'expires_at' => $text]]],
            'exceptions.expires_at',
            $text,
        ];

        return [
            ...array_map($subnet, ['10.0.0.0/33', '::1/129', '10.0.0', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/+8']),
            ...array_map($subnet, ['/8', '10.0.0.0/8/8', '1.2.3.4 5.6.7.8', '010.0.0.1', '10.0.0.0/8888', 'a.com']),
            ...array_map($host, ['anna', 'pbx.local', '*.example.net', 'an_na.example', '10.0.0.1', 'bücher.example']),
            ...array_map($end, ['tomorrow', '2999-11-22T12:00:00', '2999-02-31T12:00:00Z', '2999-02-21T25:00:00Z']),
            'no code of an administrator' => [
                ['admin' => ['countries' => ['DE', 'D1'], 'services' => ['web']]],
                'admin.countries',
                'D1',
            ],
            'no code' => [['countries' => ['CN', 'C1']], 'countries', 'C1'],
        ];
    }

    /**
     * @dataProvider wrong
     * @param array<string, mixed> $input
     */
    public function testWhatCannotBeRightIsRefusedByItsFieldInWords(array $input, string $field, string $named): void
    {
        $refused = InvalidInput::ofRefusal(self::refusal($input));
        self::assertInstanceOf(InvalidInput::class, $refused);
        self::assertSame($field, $refused->field);
        self::assertStringContainsString($named, $refused->getMessage());
    }

    public function testACountryThatDoesNotExistIsRefusedByItsOwnCodeAndField(): void
    {
        $refused = InvalidInput::ofRefusal(self::refusal(['countries' => ['CN', 'QQ']]));
        self::assertInstanceOf(HelperError::class, $refused);
        self::assertSame('request.unknown_country', $refused->codeWord);
        self::assertSame(['countries', 'QQ'], [$refused->toArray()['field'] ?? '', $refused->value]);
    }

    /**
     * @param array<string, mixed> $input
     */
    private static function refusal(array $input): HelperError
    {
        try {
            self::check($input);
        } catch (HelperError $refusal) {
            return $refusal;
        }
        self::fail('it was taken');
    }

    /**
     * @param array<string, mixed> $input
     */
    private static function check(array $input): PolicyCheck
    {
        return PolicyCheck::of(PolicyReader::read($input, new Policy()), self::$helper);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\ExceptedSubnet;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use PHPUnit\Framework\TestCase;

final class PolicyTest extends TestCase
{
    public function testCountriesAreSortedAndNoneStandsTwice(): void
    {
        $policy = PolicyReader::read(['countries' => ['ru', 'CN', 'RU']], new Policy());
        self::assertSame(['CN', 'RU'], $policy->countries);
    }

    public function testWhatBecomesOfAddressesOfNoCountryGoesToTheHelperInBothModes(): void
    {
        foreach (['block', 'allow'] as $mode) {
            $policy = PolicyReader::read(['mode' => $mode, 'unknown' => 'drop'], new Policy());
            self::assertSame('drop', $policy->toRequest()['policy']['unknown'], $mode);
        }
    }

    public static function subnets(): array
    {
        return [
            ['198.51.100.7', '198.51.100.7/32'],
            ['10.1.2.3/8', '10.0.0.0/8'],
            ['10.255.255.255/9', '10.128.0.0/9'],
            ['0.0.0.0/0', '0.0.0.0/0'],
            [' 192.0.2.1/31 ', '192.0.2.0/31'],
            ['2001:DB8::1', '2001:db8::1/128'],
            ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
            ['::/0', '::/0'],
        ];
    }

    /**
     * @dataProvider subnets
     */
    public function testSubnetsAreWrittenAsTheHelperWritesThem(string $typed, string $canonical): void
    {
        $policy = PolicyReader::read(['exceptions' => [$typed]], new Policy());
        self::assertSame($canonical, $policy->exceptions[0]->subnet);
    }

    public static function noSubnets(): array
    {
        return [['10.0.0.0/33'], ['::1/129'], ['10.0.0'], ['10.0.0.0/'], ['10.0.0.0/-1'], ['10.0.0.0/+8'], ['/8'], [''],
            ['10.0.0.0/8/8'], ['1.2.3.4 5.6.7.8'], ["10.0.0.0/8\n"  . 'x'], ['010.0.0.1'], ['10.0.0.0/8888']];
    }

    /**
     * @dataProvider noSubnets
     */
    public function testWhatIsNoSubnetIsRefused(string $typed): void
    {
        $this->expectException(InvalidInput::class);
        PolicyReader::read(['exceptions' => [$typed]], new Policy());
    }

    public function testBlockedIsWhatTheListMeans(): void
    {
        $countries = ['DE'];
        self::assertTrue((new Policy(mode: 'block', countries: $countries))->blocks('DE'));
        self::assertFalse((new Policy(mode: 'block', countries: $countries))->blocks('CN'));
        self::assertFalse((new Policy(mode: 'allow', countries: $countries))->blocks('DE'));
        self::assertTrue((new Policy(mode: 'allow', countries: $countries))->blocks('CN'));
    }

    public function testTheRevisionNamesTheContentAndNothingElse(): void
    {
        $policy = PolicyReader::read(['countries' => ['RU', 'CN']], new Policy());
        $same = PolicyReader::read(['countries' => ['cn', 'ru']], new Policy());
        self::assertSame($policy->revision(), $same->revision());
        self::assertNotSame($policy->revision(), (new Policy())->revision());
    }

    public function testChangesAreNamedForTheLog(): void
    {
        $before = new Policy('dbip', 'block', ['CN', 'RU'], []);
        $after = new Policy('rir', 'block', ['CN', 'KP'], [new ExceptedSubnet('10.0.0.0/8', 'the office')]);
        self::assertSame(
            'source dbip -> rir; countries +KP -RU; exceptions +10.0.0.0/8 (the office)',
            $after->changesSince($before)
        );
        $fewer = new Policy('rir', 'block', ['CN'], $after->exceptions);
        self::assertSame('countries -KP', $fewer->changesSince($after));
        self::assertSame('nothing changed', $after->changesSince($after));
    }
}

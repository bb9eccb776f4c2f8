<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\Administration;
use Modules\ModuleGeoIP\Lib\Settings\Excepted;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use PHPUnit\Framework\TestCase;

final class PolicyTest extends TestCase
{
    public function testWhatBecomesOfAddressesOfNoCountryGoesToTheHelperInBothModes(): void
    {
        foreach (['block', 'allow'] as $mode) {
            $policy = PolicyReader::read(['mode' => $mode, 'unknown' => 'drop'], new Policy());
            self::assertSame('drop', $policy->toRequest()['policy']['unknown'], $mode);
        }
    }

    public function testTheRevisionNamesTheContentAndNothingElse(): void
    {
        $policy = new Policy(countries: ['CN', 'RU']);
        self::assertSame($policy->revision(), (new Policy(countries: ['CN', 'RU']))->revision());
        self::assertNotSame($policy->revision(), (new Policy())->revision());
    }

    public function testACopyOfAPolicyKeepsWhoMayAdministerAndThatPhonesKeepTheirWay(): void
    {
        $policy = new Policy(action: 'count', admin: new Administration(['DE'], ['web']), keepPhones: true);
        foreach ([$policy->dropping(), $policy->withExceptions([])] as $copy) {
            self::assertSame([$policy->admin, true], [$copy->admin, $copy->keepPhones]);
        }
        self::assertEquals($policy, PolicyReader::read($policy->toArray(), new Policy()));
    }

    public function testChangesAreNamedForTheLog(): void
    {
        $before = new Policy('dbip', 'block', ['CN', 'RU'], []);
        $after = new Policy('rir', 'block', ['CN', 'KP'], [new Excepted(Excepted::SUBNET, '10.0.0.0/8', 'the office')]);
        self::assertSame(
            'source dbip -> rir; countries +KP -RU; exceptions +10.0.0.0/8 (the office)',
            $after->changesSince($before)
        );
        $fewer = new Policy('rir', 'block', ['CN'], $after->exceptions);
        self::assertSame('countries -KP', $fewer->changesSince($after));
        self::assertSame('nothing changed', $after->changesSince($after));
        $admin = new Administration(['DE'], ['web']);
        $restricted = new Policy('rir', 'block', ['CN'], $after->exceptions, admin: $admin);
        self::assertSame('admin anywhere -> DE (web)', $restricted->changesSince($fewer));
        self::assertSame('admin DE (web) -> anywhere', $fewer->changesSince($restricted));
        $keeping = new Policy('rir', 'block', ['CN'], $after->exceptions, keepPhones: true);
        self::assertSame('phones keep their way', $keeping->changesSince($fewer));
        self::assertSame('phones do not keep their way', $fewer->changesSince($keeping));
    }

    public function testTheHelperIsToldWhoIsRegisteredOnlyWhereAPhoneMayKeepItsWay(): void
    {
        self::assertFalse((new Policy(exceptions: [new Excepted(Excepted::HOST, 'a.example')]))->mayKeepPhones());
        self::assertTrue((new Policy(exceptions: [new Excepted(Excepted::PHONE, '202')]))->mayKeepPhones());
        self::assertTrue((new Policy(keepPhones: true))->mayKeepPhones());
        self::assertArrayNotHasKey('keep_phones', (new Policy())->toRequest()['policy']);
    }
}

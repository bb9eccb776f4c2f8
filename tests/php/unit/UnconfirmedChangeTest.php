<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Settings\Administration;
use Modules\ModuleGeoIP\Lib\Settings\Excepted;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\UnconfirmedChange;
use PHPUnit\Framework\TestCase;

final class UnconfirmedChangeTest extends TestCase
{
    public function testThePolicyBeforeItIsReadAsItWasStored(): void
    {
        $office = new Excepted(Excepted::SUBNET, '10.0.0.0/8', 'the office');
        $former = new Policy('rir', 'block', ['CN'], [$office], admin: new Administration(['DE'], ['web']));
        $change = UnconfirmedChange::begin($former);
        self::assertEquals($change, UnconfirmedChange::fromJson($change->toJson()));
    }

    public function testAFormerPolicyOfAnEarlierVersionKeepsItsExceptions(): void
    {
        $change = UnconfirmedChange::fromJson(
            '{"token":"t","former":{"mode":"block","countries":["CN"],'
            . '"allow":[{"subnet":"10.0.0.0/8","note":"the office","expires":null}]}}'
        );
        self::assertEquals([new Excepted(Excepted::SUBNET, '10.0.0.0/8', 'the office')], $change?->former?->exceptions);
    }
}

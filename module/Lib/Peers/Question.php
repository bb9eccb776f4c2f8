<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * What the helper is asked about addresses and ways under a policy.
 */
final class Question
{
    /**
     * @param list<string|array<string, string|int>> $asked addresses, and ways from them
     * @param null|Registrations $registrations who is registered, if that is known already
     * @return array<string, mixed>
     */
    public static function about(array $asked, Policy $policy, ?Registrations $registrations = null): array
    {
        return self::of($asked) + $policy->toRequest() + StandIn::toRequest()
            + Registrations::toRequest($policy, $registrations);
    }

    /**
     * The same under what is in force.
     *
     * @param list<string|array<string, string|int>> $asked
     * @return array<string, mixed>
     */
    public static function of(array $asked): array
    {
        return [
            'addresses' => $asked,
            // Where the firewall is off its rules say nothing of what they will be.
            'rules' => Firewall::isAtWork(),
        ];
    }
}

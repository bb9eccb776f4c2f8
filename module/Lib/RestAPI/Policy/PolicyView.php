<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;
use Modules\ModuleGeoIP\Lib\Pbx\WebModules;
use Modules\ModuleGeoIP\Lib\Settings\Expiry;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;

/**
 * The saved policy as the page gets it.
 */
final class PolicyView
{
    /**
     * @return array<string, mixed>
     */
    public static function of(PolicyStore $store, Helper $helper): array
    {
        return self::with((new Expiry($helper, $store))->policy(), $store);
    }

    /**
     * The same right after a save, which has taken out whatever is over.
     *
     * @return array<string, mixed>
     */
    public static function afterSave(PolicyStore $store): array
    {
        return self::with($store->policy(), $store);
    }

    /**
     * @return array<string, mixed>
     */
    private static function with(Policy $policy, PolicyStore $store): array
    {
        $preferences = new Preferences();

        return $policy->toView() + [
            'statusFilter' => $preferences->statusFilter(),
            'confirmEvery' => $preferences->confirmsEvery(),
            'weeklySummary' => $preferences->sendsSummary(),
            'networkSource' => $preferences->networkSource(),
            'canMail' => AdminMail::hasAddress(),
            'webModules' => WebModules::names(),
            'openPorts' => self::openPorts(),
            'revision' => $store->revision(),
        ];
    }

    /**
     * The ports of each service that a restriction leaves open.
     *
     * @return array<string, list<int>>
     */
    private static function openPorts(): array
    {
        $open = [];
        foreach (AdminPorts::SERVICES as $service) {
            $open[$service] = AdminPorts::sharedWithCalls([$service]);
        }

        return $open;
    }
}

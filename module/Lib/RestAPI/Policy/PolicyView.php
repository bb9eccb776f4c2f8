<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Settings\Expiry;
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
        $policy = (new Expiry($helper, $store))->policy();
        $preferences = new Preferences();

        return $policy->toArray() + [
            'statusFilter' => $preferences->statusFilter(),
            'confirmEvery' => $preferences->confirmsEvery(),
            'weeklySummary' => $preferences->sendsSummary(),
            'canMail' => AdminMail::hasAddress(),
            'revision' => $store->revision(),
        ];
    }
}

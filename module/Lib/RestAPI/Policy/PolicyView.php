<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;

/**
 * The saved policy as the page gets it.
 */
final class PolicyView
{
    /**
     * @return array<string, mixed>
     */
    public static function of(SettingsStore $settings): array
    {
        $policy = $settings->policy();

        return $policy->toArray() + [
            'statusFilter' => $settings->statusFilter(),
            'confirmEvery' => $settings->confirmsEvery(),
            'weeklySummary' => $settings->sendsSummary(),
            'revision' => $settings->revision(),
        ];
    }
}

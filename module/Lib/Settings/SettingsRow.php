<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Pbx\Crontab;
use Modules\ModuleGeoIP\Models\ModuleGeoIP;
use RuntimeException;

/**
 * The one row of the module's own database, as Core's models read and write it.
 */
final class SettingsRow
{
    public static function load(): ModuleGeoIP
    {
        $found = ModuleGeoIP::findFirst();

        return $found instanceof ModuleGeoIP ? $found : new ModuleGeoIP();
    }

    /**
     * @throws RuntimeException when Core's database refuses the row
     */
    public static function save(ModuleGeoIP $row): void
    {
        $jobs = self::jobs(self::load());
        if (!$row->save()) {
            $reasons = implode('; ', array_map(strval(...), $row->getMessages()));
            throw new RuntimeException("cannot save the settings: $reasons");
        }
        if (self::jobs($row) !== $jobs) {
            Crontab::queueRebuild();
        }
    }

    /**
     * What changes the crontab: learning's look every hour, the weekly summary, the phones that a look asks about, and
     * block lists and networks.
     *
     * @return array{bool, bool, bool, bool}
     */
    private static function jobs(ModuleGeoIP $row): array
    {
        $policy = StoredPolicy::of($row);

        return [$policy->onlyCounts(), $row->weeklySummary === '1', $policy->mayKeepPhones(), $policy->usesLists()];
    }
}

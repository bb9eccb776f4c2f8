<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use Modules\ModuleGeoIP\Lib\Healing\Watch;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\Update\Launcher;
use Modules\ModuleGeoIP\Lib\Update\Schedule;
use Modules\ModuleGeoIP\Lib\Update\Updater;

/**
 * The module's lines in root's crontab: what runs always, and what the settings ask for.
 */
final class CronLines
{
    /**
     * @return list<string>
     */
    public static function wanted(SettingsStore $settings): array
    {
        $schedule = Schedule::ofThisMachine();
        $watch = Watch::ofThisMachine();
        $learns = $settings->policy()->onlyCounts();
        $jobs = [
            [$schedule->cronFields(), Launcher::command('update', 'scheduled')],
            ...($watch === null ? [] : [[$watch->cronFields(), $watch->command()]]),
            [$schedule->catchUpCronFields(), Launcher::command('update', Updater::MISSED)],
            ...($learns ? [[$schedule->hourlyCronFields(), Launcher::command('observe')]] : []),
            ...($settings->sendsSummary() ? [[$schedule->mondayCronFields(), Launcher::command('summary')]] : []),
        ];

        return array_map(static fn (array $job): string => "$job[0] $job[1] > /dev/null 2>&1\n", $jobs);
    }
}

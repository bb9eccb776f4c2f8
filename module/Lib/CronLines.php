<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use Modules\ModuleGeoIP\Lib\Healing\Watch;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;
use Modules\ModuleGeoIP\Lib\Update\Schedule;
use Throwable;

/**
 * The module's lines in root's crontab: what runs always, and what the settings ask for.
 */
final class CronLines
{
    /** Right behind the five-minute look. What is due is the helper's to know. */
    private const LISTS_CRON_FIELDS = '3-59/5 * * * *';

    /**
     * @return list<string>
     */
    public static function wanted(PolicyStore $store): array
    {
        $schedule = Schedule::ofThisMachine();
        $watch = Watch::ofThisMachine();
        [$learns, $summarises, $asksPhones, $listed] = self::wishes($store);
        $jobs = [
            [$schedule->cronFields(), Task::ScheduledUpdate->command()],
            ...($watch === null ? [] : [[$watch->cronFields(), $watch->command($asksPhones)]]),
            [$schedule->catchUpCronFields(), Task::MissedUpdate->command()],
            ...($learns ? [[$schedule->hourlyCronFields(), Task::Observe->command()]] : []),
            ...($listed ? [[self::LISTS_CRON_FIELDS, Task::Lists->command()]] : []),
            ...($summarises ? [[$schedule->mondayCronFields(), Task::Summary->command()]] : []),
        ];

        return array_map(static fn (array $job): string => "$job[0] $job[1] > /dev/null 2>&1\n", $jobs);
    }

    /**
     * Whether the settings ask for the hourly look of learning, the weekly summary, phones that keep their way, and
     * block lists and networks.
     *
     * @return array{bool, bool, bool, bool}
     */
    private static function wishes(PolicyStore $store): array
    {
        try {
            $policy = $store->policy();

            return [
                $policy->onlyCounts(),
                (new Preferences())->sendsSummary(),
                $policy->mayKeepPhones(),
                $policy->usesLists(),
            ];
        } catch (Throwable) {
            // A worker of Core's may have lost the module's database. Each job looks for itself whether it is wanted.
            return [true, true, true, true];
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Summary;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Words;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;
use Modules\ModuleGeoIP\Lib\Status\StatusReport;

/**
 * What an administrator who asked for it is told once a week: what the filter did, and whether it is in force.
 */
final class WeeklySummary
{
    private const HOURS = 168;

    private const COUNTRIES = 5;

    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    public function send(): void
    {
        if (!(new Preferences())->sendsSummary() || !Module::isEnabled()) {
            return;
        }
        try {
            AdminMail::send(Words::of('module_geoip_weekly_subject'), $this->lines());
        } catch (HelperError $error) {
            Log::warning("cannot tell what the filter did this week: {$error->codeWord}: {$error->getMessage()}");
        }
    }

    /**
     * @return list<string>
     */
    private function lines(): array
    {
        $activity = $this->helper->run('activity', ['hours' => self::HOURS, 'addresses' => 0])->data;
        $status = new Fields(StatusReport::current(Viewer::nobody(), true));

        return [
            ...self::state($status),
            ...self::packets($activity),
            ...$this->origins($activity),
            ...($status->has('data') ? [self::say('data', $status->object('data')->integer('ageDays'))] : []),
        ];
    }

    /**
     * Whether the filter is in force, and if not, why.
     *
     * @return list<string>
     */
    private static function state(Fields $status): array
    {
        $reasons = array_map(
            static fn (Fields $problem): string => $problem->string('text'),
            $status->objects('problems')
        );

        return [Words::of('module_geoip_headline_' . $status->string('state')), ...$reasons];
    }

    /**
     * The packets dropped and the packets counted. The current action has a line even without packets.
     *
     * @return list<string>
     */
    private static function packets(Fields $activity): array
    {
        $lines = [];
        $isCounting = $activity->string('action') === 'count';
        foreach (['dropped' => !$isCounting, 'counted' => $isCounting] as $kind => $isUsual) {
            $packets = $activity->object('totals')->integer($kind);
            if ($isUsual || $packets > 0) {
                $lines[] = self::say($kind, $packets);
            }
        }

        return $lines;
    }

    /**
     * @return list<string>
     */
    private function origins(Fields $activity): array
    {
        $codes = array_map(static fn (Fields $one): string => $one->string('country'), $activity->objects('countries'));
        $codes = array_values(array_filter($codes, static fn (string $code): bool => $code !== ''));
        if ($codes === []) {
            return [];
        }
        $source = $this->store->policy()->source;
        $names = CountryNames::of(array_slice($codes, 0, self::COUNTRIES), $this->helper, $source);

        return [
            Words::of('module_geoip_weekly_countries', ['countries' => implode(', ', $names)]),
            self::say('addresses', $activity->integer('addresses_seen')),
        ];
    }

    private static function say(string $what, int $number): string
    {
        return Words::of("module_geoip_weekly_$what", ['n' => (string)$number]);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use DateTimeImmutable;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What switching the filter on would do, by what was counted while it has been learning.
 */
final class Forecast
{
    private const SECONDS_OF_HOUR = 3600;

    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * @return array<string, mixed> `since` is null if the filter is not learning
     */
    public function by(Viewer $viewer): array
    {
        $policy = $this->store->policy();
        $activity = $this->activity(1);
        $isLearning = $policy->onlyCounts() && $activity->string('action') === $policy->action;
        $since = $isLearning ? $activity->string('action_since') : '';
        if ($since === '') {
            return ['since' => null, 'packets' => 0, 'countries' => 0, 'affected' => [], 'peers' => []];
        }
        $activity = $this->activity(self::hoursSince($since));
        $whereabouts = Whereabouts::now($this->helper, $policy, $viewer);
        $peers = array_unique([...$whereabouts->countries, ...array_keys(Observations::all())]);
        sort($peers);

        return [
            'since' => $since,
            'packets' => self::counted($activity->object('v4')) + self::counted($activity->object('v6')),
            'countries' => self::countries($activity),
            'affected' => $whereabouts->affected,
            'peers' => $peers,
        ];
    }

    private function activity(int $hours): Fields
    {
        return $this->helper->run('activity', ['hours' => $hours, 'addresses' => 0])->data;
    }

    /**
     * So many hours that the one in which it began is among them.
     */
    private static function hoursSince(string $moment): int
    {
        $begin = intdiv((new DateTimeImmutable($moment))->getTimestamp(), self::SECONDS_OF_HOUR);

        return max(1, min(Helper::MOST_HOURS, intdiv(time(), self::SECONDS_OF_HOUR) - $begin + 1));
    }

    private static function countries(Fields $activity): int
    {
        return count(array_filter(
            $activity->objects('countries'),
            static fn (Fields $country): bool => $country->has('country')
                && self::counted($country->object('packets')) > 0
        ));
    }

    private static function counted(Fields $tally): int
    {
        return $tally->integer('counted');
    }
}

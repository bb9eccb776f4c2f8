<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\QuickStatus;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What switching the filter on would do, by what was counted while it has been learning.
 */
final class Forecast
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * @return array<string, mixed> `since` is null if the filter is not learning
     */
    public function by(Viewer $viewer): array
    {
        $everybody = Affected::under($this->store->policy()->dropping(), $this->helper, $viewer);
        $where = [
            'peerCountries' => self::countries($everybody),
            'peerNetworks' => self::networks($everybody),
        ];
        if (!QuickStatus::of($this->helper)->flag('learning')) {
            return ['since' => null, 'packets' => 0, 'countries' => 0, 'affected' => []] + $where;
        }
        $activity = $this->helper->run('activity', ['since_action' => true, 'addresses' => 0])->data;

        return [
            'since' => $activity->string('action_since'),
            'packets' => $activity->object('totals')->integer('counted'),
            'countries' => $activity->object('totals')->integer('countries_counted'),
            'affected' => $everybody->peers,
        ] + $where;
    }

    /**
     * @return list<string>
     */
    private static function countries(Affected $everybody): array
    {
        $countries = array_unique([...$everybody->countries, ...Observations::countries()]);
        sort($countries);

        return $countries;
    }

    /**
     * @return list<array{number: int, name: string}>
     */
    private static function networks(Affected $everybody): array
    {
        $networks = $everybody->networks + Observations::networks();
        ksort($networks);

        return array_map(
            static fn (int $number, string $name): array => ['number' => $number, 'name' => $name],
            array_keys($networks),
            $networks
        );
    }
}

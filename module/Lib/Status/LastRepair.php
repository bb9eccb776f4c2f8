<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Pbx\Words;

/**
 * The last repair of what somebody changed in the kernel.
 */
final class LastRepair
{
    /** What each drift was in. */
    private const PARTS = [
        'state.plan_unusable' => 'module_geoip_part_plan',
        'firewall.sets_drifted' => 'module_geoip_part_sets',
        'firewall.set_options_drifted' => 'module_geoip_part_sets',
        'firewall.chain_drifted' => 'module_geoip_part_rules',
        'firewall.not_attached' => 'module_geoip_part_place',
    ];

    /**
     * @param Fields $healed the helper's record
     * @return null|array{at: string, what: list<string>} null if nothing was ever repaired
     */
    public static function of(Fields $healed): ?array
    {
        if (!$healed->has('healed_at')) {
            return null;
        }
        $what = [];
        foreach ($healed->objects('repaired') as $drift) {
            $code = $drift->string('code');
            $what[] = isset(self::PARTS[$code]) ? Words::of(self::PARTS[$code]) : $code;
        }

        return ['at' => $healed->string('healed_at'), 'what' => array_values(array_unique($what))];
    }
}

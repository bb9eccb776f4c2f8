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
            $component = $drift->string('component');
            $what[] = $component === '' ? $drift->string('code') : Words::of("module_geoip_component_$component");
        }

        return ['at' => $healed->string('healed_at'), 'what' => array_values(array_unique($what))];
    }
}

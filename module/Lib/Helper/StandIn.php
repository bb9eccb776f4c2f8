<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * What the helper may use if the chosen source has no usable data.
 *
 * An administrator who chose a source without data prefers a filter by other data to none.
 */
final class StandIn
{
    /**
     * @return array{fallback: array{source: string, bundle?: string}}
     */
    public static function toRequest(): array
    {
        $bundle = Module::bundle(Module::BUNDLED);

        return ['fallback' => ['source' => Module::BUNDLED] + ($bundle === null ? [] : ['bundle' => $bundle])];
    }
}

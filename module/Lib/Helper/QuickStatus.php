<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * What the helper says of the filter at a glance, without comparing the members of sets.
 */
final class QuickStatus
{
    /**
     * @throws HelperError
     */
    public static function of(Helper $helper): Fields
    {
        return $helper->run('status', ['quick' => true])->data;
    }
}

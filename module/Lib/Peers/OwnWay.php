<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;

/**
 * Whether an administrator could come to the page anew.
 */
final class OwnWay
{
    /**
     * True if the policy in force closes the web interface to whoever asks.
     */
    public static function isCut(Helper $helper, Viewer $viewer): bool
    {
        $asked = array_map(static fn (Way $way): array => $way->from($viewer->address), Ways::ofBrowser($viewer));
        $answers = $helper->run('explain', ['addresses' => $asked ?: [$viewer->address]])->data->objects('addresses');

        return array_filter($answers, static fn (Fields $answer): bool => $answer->flag('is_cut_off')) !== [];
    }
}

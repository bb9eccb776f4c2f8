<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\State;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Peers\Way;
use Modules\ModuleGeoIP\Lib\Peers\Ways;

/**
 * Whether an administrator could come to the page anew.
 */
final class OwnWay
{
    /**
     * True if the policy in force closes the web interface to an address.
     *
     * @param string $scheme how the browser comes to the page: by http or https
     */
    public static function isCut(Helper $helper, string $address, string $scheme): bool
    {
        $asked = array_map(static fn (Way $way): array => $way->from($address), Ways::ofBrowser($scheme));
        $answers = $helper->run('explain', ['addresses' => $asked ?: [$address]])->data->objects('addresses');

        return array_filter($answers, Way::isCut(...)) !== [];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;
use Throwable;

/**
 * Whom switching the module on would cut off, for a page that is read while it is off.
 *
 * Core serves no resources then. The page is made by the web server's user, for whom the helper has data of its own,
 * made from the zip's copy, and no look at the kernel's rules: a rule that would let somebody in is not counted on.
 */
final class Forewarning
{
    /**
     * @return null|list<array<string, mixed>> null if it cannot be told
     */
    public static function of(Policy $policy, Viewer $viewer): ?array
    {
        try {
            $helper = Helper::ofPage();
            // Asked first: it needs no data, which would have to be made, and nobody's address.
            return PolicyCheck::of($policy, $helper)->dropsNobody
                ? []
                : Affected::under($policy, $helper, $viewer)->peers;
        } catch (Throwable $error) {
            Log::info("cannot tell whom the filter would cut off: {$error->getMessage()}");

            return null;
        }
    }
}

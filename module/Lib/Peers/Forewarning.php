<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Helper\Binary;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
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
     * @return null|list<array{kind: string, name: string, address: string, country: null|string, ways: list<string>}>
     *     null if it cannot be told
     */
    public static function of(Policy $policy, Viewer $viewer): ?array
    {
        try {
            $state = Module::temporaryDirectory() . '/state';
            $helper = new Helper(new Binary(Module::directory() . '/bin', php_uname('m'), $state), $state);
            // Asked first: it needs no data, which would have to be made.
            if (PolicyCheck::of($policy, $helper)->dropsNobody) {
                return [];
            }
            $affected = Affected::among($viewer);
            $request = $policy->toRequest() + Ways::question($affected->asked()) + StandIn::toRequest();

            return $affected->by($helper->run('preview', $request)->data->objects('addresses'));
        } catch (HelperError $error) {
            // Without data nobody can be cut off; anything else leaves it open.
            return $error->isDataMissing() ? [] : self::untold($error);
        } catch (Throwable $error) {
            return self::untold($error);
        }
    }

    private static function untold(Throwable $error): null
    {
        Log::info("cannot tell whom the filter would cut off: {$error->getMessage()}");

        return null;
    }
}

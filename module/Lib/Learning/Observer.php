<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\QuickStatus;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Remembers where phones and providers are, as long as the filter is learning: not all of them are there every hour.
 */
final class Observer
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    public function run(): void
    {
        try {
            if (QuickStatus::of($this->helper)->flag('learning')) {
                $everybody = Affected::under($this->store->policy(), $this->helper, Viewer::nobody());
                Observations::add($everybody->countries, $everybody->networks);
            }
        } catch (HelperError $error) {
            Log::info("cannot tell where phones and providers are: {$error->getMessage()}");
        }
    }
}

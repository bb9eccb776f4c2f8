<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update\Actions;

use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Update\UpdateView;

/**
 * The running or the last update, for those who come late to its events.
 */
final class GetAction implements Action
{
    public function run(RestRequest $request): array
    {
        return UpdateView::current();
    }
}

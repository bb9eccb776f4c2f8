<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicySaver;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicyView;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Replaces the policy as a whole.
 */
final class SaveAction implements Action
{
    public function run(RestRequest $request): array
    {
        $outcome = PolicySaver::current()->save($request->fields, true, $request);

        return PolicyView::afterSave(new PolicyStore()) + $outcome;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Enforcement\Confirmation;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicyView;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Lets a change stay that had to be confirmed.
 */
final class ConfirmAction implements Action
{
    public function run(RestRequest $request): array
    {
        $token = $request->token();
        DesiredState::ofRequest()->decide(static function (Confirmation $confirmation) use ($token, $request): void {
            $confirmation->confirm($token, $request->viewer);
        });
        Log::audit("the change was confirmed by $request->viewer");

        return PolicyView::of(new PolicyStore(), Helper::installed());
    }
}

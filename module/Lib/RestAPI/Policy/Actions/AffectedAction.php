<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Whom a policy would cut off of those who matter.
 */
final class AffectedAction implements Action
{
    public function run(RestRequest $request): array
    {
        $policy = PolicyReader::read($request->fields, (new PolicyStore())->policy());
        $affected = Affected::under($policy, Helper::installed(), $request->viewer);

        return ['affected' => $affected->peers, 'warnings' => ErrorText::ofWarnings($affected->warnings)];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Lists\Actions;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Lists\ListKeeper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Downloads the lists that the saved policy does not use yet. Those that it uses stay as they are.
 */
final class DownloadAction implements Action
{
    public function run(RestRequest $request): array
    {
        $saved = (new PolicyStore())->policy();
        (new ListKeeper(Helper::installed()))->prepareNew(PolicyReader::read($request->fields, $saved), $saved);

        return (new ListAction())->run($request);
    }
}

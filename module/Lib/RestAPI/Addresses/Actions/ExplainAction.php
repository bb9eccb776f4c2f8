<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\State\DataAtHand;

/**
 * The country of an address by each source, its fate under the saved policy, and the entry that decides it.
 */
final class ExplainAction implements Action
{
    private const MAX_ADDRESSES = 50;

    public function run(RestRequest $request): array
    {
        $request->allowOnly(['address']);
        $addresses = $request->addresses('address', self::MAX_ADDRESSES);
        if ($addresses === []) {
            throw new InvalidInput('address', 'missing');
        }
        $helper = Helper::installed();
        $policy = (new SettingsStore())->policy();
        $source = (new DataAtHand($helper))->sourceFor($policy->source);
        $reply = $helper->run('explain', ['addresses' => $addresses] + $policy->toRequest($source));

        return ['source' => $source, 'warnings' => ErrorText::ofWarnings($reply->warnings)] + $reply->data->all();
    }
}

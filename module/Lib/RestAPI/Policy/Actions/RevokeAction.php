<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;

/**
 * Ends what a phone gets in by because it is registered.
 */
final class RevokeAction implements Action
{
    public function run(RestRequest $request): array
    {
        $fields = new Fields($request->fields);
        $address = $fields->string('address');
        $reply = Helper::installed()->run(
            'revoke',
            ['phone' => $fields->string('phone')] + ($address === '' ? [] : ['address' => $address])
        );
        foreach ($reply->data->objects('revoked') as $ended) {
            $what = "phone {$ended->string('phone')} from {$ended->string('address')}";
            Log::audit("the way of $what was revoked by $request->viewer");
        }

        return $reply->data->all() + ['warnings' => ErrorText::ofWarnings($reply->warnings)];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\Excepted;
use Modules\ModuleGeoIP\Lib\Settings\ExceptionsReader;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * How exceptions are written that somebody typed or pasted, or what is wrong with each.
 */
final class CheckAction implements Action
{
    public function run(RestRequest $request): array
    {
        $written = array_map(
            static fn (Excepted $one): array => $one->toRequest(),
            ExceptionsReader::typed($request->fields['exceptions'] ?? [])
        );
        $reply = Helper::installed()->run('validate', (new Policy())->toRequest() + ['written' => $written]);

        return ['exceptions' => $reply->data->object('written')->all()];
    }
}

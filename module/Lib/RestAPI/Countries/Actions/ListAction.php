<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Countries\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Every country with its counts by one source, and whether the saved policy drops it.
 */
final class ListAction implements Action
{
    public function run(RestRequest $request): array
    {
        $policy = (new PolicyStore())->policy();
        $source = PolicyReader::word($request->fields, 'source', Policy::SOURCES, $policy->source);
        $reply = Helper::installed()->run('countries', ['source' => $source] + $policy->toRequest());
        $countries = [];
        foreach ($reply->data->objects('countries') as $country) {
            $countries[] = $country->all() + ['blocked' => $country->string('verdict') !== 'pass'];
        }

        return [
            'source' => $source,
            'release' => $reply->data->string('release'),
            'countries' => $countries,
            'warnings' => ErrorText::ofWarnings($reply->warnings),
        ];
    }
}

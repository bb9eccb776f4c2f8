<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Peers\Question;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What a policy would put into the kernel, and what becomes of the addresses asked about.
 */
final class PreviewAction implements Action
{
    private const MAX_ADDRESSES = 500;

    public function run(RestRequest $request): array
    {
        $addresses = $request->addresses('addresses', self::MAX_ADDRESSES);
        $policy = PolicyReader::read(
            array_diff_key($request->fields, ['addresses' => true]),
            (new PolicyStore())->policy()
        );
        $own = $request->viewer->isElsewhere() ? [$request->viewer->address] : [];
        $asked = array_values(array_unique([...$own, ...$addresses]));
        $reply = Helper::installed()->run('preview', Question::about($asked, $policy));
        // The helper answers in the order it was asked.
        $first = $reply->data->objects('addresses')[0] ?? null;

        return [
            'own' => $own === [] ? null : $first?->all(),
            'warnings' => ErrorText::ofWarnings($reply->warnings),
        ] + $reply->data->all();
    }
}

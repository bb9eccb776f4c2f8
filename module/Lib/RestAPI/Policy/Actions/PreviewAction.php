<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\State\DataAtHand;

/**
 * What a policy would put into the kernel, and whom it would cut off: always also whoever asks.
 */
final class PreviewAction implements Action
{
    private const MAX_ADDRESSES = 500;

    public function run(RestRequest $request): array
    {
        $addresses = $request->addresses('addresses', self::MAX_ADDRESSES);
        $policy = PolicyReader::read(
            array_diff_key($request->fields, ['addresses' => true]),
            (new SettingsStore())->policy()
        );
        $own = $request->address === '' ? [] : [$request->address];
        $helper = Helper::installed();
        $source = (new DataAtHand($helper))->sourceFor($policy->source);
        $reply = $helper->run(
            'preview',
            $policy->toRequest($source) + ['addresses' => array_values(array_unique([...$own, ...$addresses]))]
        );
        $answers = $reply->data->objects('addresses');

        return [
            'source' => $source,
            // The helper answers in the order it was asked.
            'own' => $own === [] || $answers === [] ? null : $answers[0]->all(),
            'warnings' => ErrorText::ofWarnings($reply->warnings),
        ] + $reply->data->all();
    }
}

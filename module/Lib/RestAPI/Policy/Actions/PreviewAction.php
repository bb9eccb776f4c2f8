<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\Peers\Ways;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What a policy would put into the kernel, what becomes of the addresses asked about, and whom it would cut off.
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
        $affected = Affected::among($request->viewer);
        $helper = Helper::installed();
        $question = Ways::question([...$asked, ...$affected->asked()]);
        try {
            $reply = $helper->run('preview', $policy->toRequest() + $question + StandIn::toRequest());
        } catch (HelperError $error) {
            throw PolicyCheck::inWords($error, $policy);
        }
        // The helper answers in the order it was asked.
        $answers = $reply->data->objects('addresses');

        return [
            'own' => $own === [] || $answers === [] ? null : $answers[0]->all(),
            'addresses' => array_map(
                static fn (Fields $answer): array => $answer->all(),
                array_slice($answers, 0, count($asked))
            ),
            'affected' => $affected->by(array_slice($answers, count($asked))),
            'warnings' => ErrorText::ofWarnings($reply->warnings),
        ] + $reply->data->all();
    }
}

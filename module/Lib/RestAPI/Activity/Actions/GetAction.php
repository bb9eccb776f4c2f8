<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;

/**
 * What the filter dropped, or only counted, in the last hours.
 */
final class GetAction implements Action
{
    public const DEFAULT_HOURS = 24;

    /** How far back the helper remembers: a month. */
    public const MOST_HOURS = 744;

    public function run(RestRequest $request): array
    {
        $hours = $request->number('hours', self::DEFAULT_HOURS, self::MOST_HOURS);
        $reply = Helper::installed()->run('activity', ['hours' => $hours]);

        return ['warnings' => ErrorText::ofWarnings($reply->warnings)] + $reply->data->all();
    }
}

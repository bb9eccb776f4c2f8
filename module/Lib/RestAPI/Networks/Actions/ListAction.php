<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Networks\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;

/**
 * The networks that somebody searches for, those by their numbers, and presets.
 */
final class ListAction implements Action
{
    /** Those of the saved policy, those of a draft, and presets. */
    private const MAX_NUMBERS = 200;

    public function run(RestRequest $request): array
    {
        $search = $request->fields['search'] ?? '';
        $reply = Helper::installed()->run('catalogue', [
            'numbers' => $request->numbers('numbers', self::MAX_NUMBERS),
        ] + (is_string($search) && $search !== '' ? ['networks' => $search] : []));

        return $reply->data->object('networks')->all() + [
            'source' => (new Preferences())->networkSource(),
            'warnings' => ErrorText::ofWarnings($reply->warnings),
        ];
    }
}

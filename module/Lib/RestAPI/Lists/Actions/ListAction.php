<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Lists\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\BlockList;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Every list of the catalogue and every one that is kept, and whether the saved policy uses it.
 */
final class ListAction implements Action
{
    public function run(RestRequest $request): array
    {
        $used = array_column((new PolicyStore())->policy()->lists, BlockList::ID);
        $reply = Helper::installed()->run('catalogue');
        $lists = [];
        foreach ($reply->data->objects('lists') as $list) {
            $lists[] = $list->all() + ['used' => in_array($list->string('id'), $used, true)];
        }

        return ['lists' => $lists, 'warnings' => ErrorText::ofWarnings($reply->warnings)];
    }
}

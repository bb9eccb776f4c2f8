<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * The module's one-shot tasks, each run as root in a process of its own:
 *
 *     php -f task.php update REASON    gets new data of the chosen source
 *     php -f task.php converge         makes kernel and disk what they should be
 *     php -f task.php heal             repairs what was changed in the kernel, or tells the administrator
 *     php -f task.php observe          remembers where phones and providers are, while the filter is learning
 *     php -f task.php networks         gets the data that tells networks, for somebody who wants to choose
 *     php -f task.php summary          tells an administrator who wants to know what the filter did in a week
 *     php -f task.php lists            gets the block lists whose time has come
 */

declare(strict_types=1);

use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Healing\Healer;
use Modules\ModuleGeoIP\Lib\Healing\Notice;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Learning\Observer;
use Modules\ModuleGeoIP\Lib\Lists\ListKeeper;
use Modules\ModuleGeoIP\Lib\Lists\NetworkKeeper;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Summary\WeeklySummary;
use Modules\ModuleGeoIP\Lib\Update\Updater;

require_once 'Globals.php';

if (PHP_SAPI !== 'cli') {
    exit(1);
}

AdminMail::speakHisLanguage();
$desiredState = DesiredState::current();
switch ((string)($argv[1] ?? '')) {
    case 'update':
        $updater = new Updater(Helper::installed(), new PolicyStore(), $desiredState->converge(...));
        exit($updater->run((string)($argv[2] ?? 'manual')) ? 0 : 1);
    case 'converge':
        $desiredState->convergeOrLog();
        exit(0);
    case 'heal':
        (new Healer($desiredState, new Notice()))->run();
        exit(0);
    case 'observe':
        (new Observer(Helper::installed(), new PolicyStore()))->run();
        exit(0);
    case 'summary':
        (new WeeklySummary(Helper::installed(), new PolicyStore()))->send();
        exit(0);
    case 'lists':
        $looks = [
            (new ListKeeper(Helper::installed()))->look(new PolicyStore()),
            (new NetworkKeeper(Helper::installed(), new PolicyStore()))->look(),
        ];
        if (in_array(true, $looks, true)) {
            $desiredState->convergeOrLog();
        }
        exit(0);
    case 'networks':
        if ((new NetworkKeeper(Helper::installed(), new PolicyStore()))->get()) {
            $desiredState->convergeOrLog();
        }
        exit(0);
    default:
        $tasks = 'update REASON | converge | heal | observe | summary | lists | networks';
        fwrite(STDERR, "usage: php -f task.php $tasks\n");
        exit(2);
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Providers;

use MikoPBX\Core\System\Directories;
use MikoPBX\Core\System\World;
use Phalcon\Di\Di;

class ModulesDBConnectionsProvider
{
    /**
     * Core logs the queries of each module's database into a directory that it makes here.
     */
    public static function recreateModulesDBConnections(): void
    {
        foreach (glob(Directories::getDir(Directories::CORE_MODULES_DIR) . '/*/module.json') as $description) {
            $logs = Directories::getDir(Directories::CORE_LOGS_DIR) . '/' . basename(dirname($description)) . '/db';
            is_dir($logs) || mkdir($logs, 0755, true);
            touch("$logs/queries.log");
        }
        World::reconnect();
        Di::learnModules();
    }
}

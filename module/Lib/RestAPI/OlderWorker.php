<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use MikoPBX\Common\Providers\MessagesProvider;
use MikoPBX\Common\Providers\ModulesDBConnectionsProvider;
use MikoPBX\Common\Providers\TranslationProvider;
use Modules\ModuleGeoIP\Lib\Pbx\Attempt;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Phalcon\Di\Di;

/**
 * Gives a worker of Core that started before the module was installed the module's texts and database. Such a worker
 * knows neither, or still has the database open that an upgrade deleted.
 *
 * Core restarts its workers when modules change, but seconds later, and not after the first change since a boot. The
 * routes are there at once, and each worker gets some of the requests.
 */
final class OlderWorker
{
    /** The database that this worker is connected to; null as long as nobody can tell. */
    private static ?int $database = null;

    public static function catchUp(): void
    {
        $services = Di::getDefault();
        $file = Module::databaseFile();
        clearstatcache(true, $file);
        $database = is_file($file) ? (int)fileinode($file) : null;
        if ($services === null || ($database !== null && $database === self::$database)) {
            return;
        }
        $isConnected = Attempt::to('connect to the database of the module', static function (): bool {
            ModulesDBConnectionsProvider::recreateModulesDBConnections();

            return true;
        }, false);
        Attempt::to('read the words of the module', static function () use ($services): void {
            foreach ([new MessagesProvider(), new TranslationProvider()] as $provider) {
                $services->remove($provider::SERVICE_NAME);
                $services->register($provider);
            }
        });
        if ($isConnected) {
            self::$database = $database;
        }
    }
}

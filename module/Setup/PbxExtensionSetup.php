<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Setup;

use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Common\Providers\ModulesDBConnectionsProvider;
use MikoPBX\Modules\Models\ModulesModelsBase;
use MikoPBX\Modules\Setup\PbxExtensionSetupBase;
use Modules\ModuleGeoIP\Lib\Basics\Directory;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\StateDirectory;
use Modules\ModuleGeoIP\Lib\Pbx\Attempt;
use Modules\ModuleGeoIP\Lib\Pbx\Crontab;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Settings\EarlierNames;
use Modules\ModuleGeoIP\Lib\Settings\LegacyTables;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Phalcon\Db\Adapter\AdapterInterface;
use RuntimeException;
use Throwable;

use function MikoPBX\Common\Config\appPath;

/**
 * Installs the module and removes every trace of it.
 */
class PbxExtensionSetup extends PbxExtensionSetupBase
{
    private const LINKS = [
        'sites/admin-cabinet/assets/img/cache',
        'sites/admin-cabinet/assets/css/cache',
        'sites/admin-cabinet/assets/js/cache',
        'src/AdminCabinet/Views/Modules',
    ];

    public function installModule(): bool
    {
        $known = Module::isInstalled();
        $installed = parent::installModule();
        if (!$installed && !$known) {
            $this->removeTraces();
        }

        return $installed;
    }

    public function installDB(): bool
    {
        return $this->takeOver(function (): void {
            // Core does this when it makes the tables: until then the connection leads to the former file, or nowhere.
            ModulesDBConnectionsProvider::recreateModulesDBConnections();
            EarlierNames::renameColumns($this->database());
        }) && parent::installDB() && $this->takeOver(function (): void {
            // Core does this only after the database, and unpacks the helper as a file that nobody may run.
            $this->fixFilesRights();
            (new LegacyTables($this->database(), new PolicyStore(), Helper::installed()))->takeOver();
        });
    }

    /**
     * @param callable(): void $step of taking over what an earlier version stored
     */
    private function takeOver(callable $step): bool
    {
        try {
            $step();

            return true;
        } catch (Throwable $error) {
            Log::warning("cannot take over the settings of the earlier version: {$error->getMessage()}");
            $this->messages[] = $error->getMessage();

            return false;
        }
    }

    private function database(): AdapterInterface
    {
        $database = $this->getDI()->getShared(ModulesModelsBase::getConnectionServiceName(Module::ID));

        return $database instanceof AdapterInterface
            ? $database
            : throw new RuntimeException('there is no connection to the module\'s database');
    }

    /**
     * The page stands with the network's other pages, not among the modules.
     */
    public function addToSidebar(): bool
    {
        $key = self::menuKey();
        $item = PbxSettings::findFirstByKey($key);
        if (!$item instanceof PbxSettings) {
            $item = new PbxSettings();
            $item->key = $key;
        }
        $item->value = json_encode([
            'uniqid' => Module::ID,
            'group' => 'networkSettings',
            'iconClass' => 'globe',
            'caption' => 'Breadcrumb' . Module::ID,
            'showAtSidebar' => true,
        ], JSON_THROW_ON_ERROR);

        return $item->save();
    }

    public function unInstallDB(bool $keepSettings = false): bool
    {
        $done = parent::unInstallDB($keepSettings);
        // Core knows the module no more, so what should be true now is: nothing in the kernel.
        DesiredState::current()->convergeOrLog();
        // Core asks a module that was switched off a moment ago for its lines when its files are gone already.
        Crontab::queueRebuild();
        $item = PbxSettings::findFirstByKey(self::menuKey());
        if ($item instanceof PbxSettings) {
            $done = $item->delete() && $done;
        }
        Directory::remove(Module::temporaryDirectory());
        array_map(unlink(...), glob(Module::exportFile('*')) ?: []);
        if (!$keepSettings) {
            StateDirectory::remove();
        }

        return $done;
    }

    public function unInstallFiles(bool $keepSettings = false): bool
    {
        $done = parent::unInstallFiles($keepSettings);
        $this->removeLinks();
        if (!$keepSettings) {
            Directory::remove(Module::logDirectory());
        }

        return $done;
    }

    /**
     * Removes what a failed first installation leaves outside the module's directory. Core removes the directory.
     */
    private function removeTraces(): void
    {
        $this->unInstallDB();
        $this->removeLinks();
        Directory::remove(Module::logDirectory());
    }

    /**
     * Core removes the files first. Afterwards it takes the links to them for missing, and leaves them.
     */
    private function removeLinks(): void
    {
        Attempt::to('remove the links to what was the page', static function (): void {
            foreach (self::LINKS as $directory) {
                $link = appPath($directory) . '/' . Module::ID;
                if (is_link($link)) {
                    unlink($link);
                }
            }
        });
    }

    private static function menuKey(): string
    {
        return 'AdditionalMenuItem' . Module::ID;
    }
}

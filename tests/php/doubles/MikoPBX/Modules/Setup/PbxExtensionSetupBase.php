<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Modules\Setup;

use MikoPBX\Common\Models\PbxExtensionModules;
use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Common\Providers\ModulesDBConnectionsProvider;
use MikoPBX\Core\System\Directories;
use MikoPBX\Core\System\World;
use MikoPBX\Modules\Models\ModulesModelsBase;
use Phalcon\Di\Injectable;

/**
 * Installs and removes a module in Core's order of steps, with Core's own gaps: links are looked for too late.
 */
abstract class PbxExtensionSetupBase extends Injectable
{
    private const ASSETS = ['img', 'css', 'js'];

    protected string $moduleUniqueID;
    protected string $moduleDir;
    protected array $messages = [];

    public function __construct(string $moduleUniqueID)
    {
        $this->moduleUniqueID = $moduleUniqueID;
        $this->moduleDir = Directories::getDir(Directories::CORE_MODULES_DIR) . "/$moduleUniqueID";
    }

    public function installModule(): bool
    {
        return $this->installFiles() && $this->installDB() && $this->fixFilesRights();
    }

    public function installFiles(): bool
    {
        foreach (self::ASSETS as $kind) {
            $this->link("$this->moduleDir/public/assets/$kind", "sites/admin-cabinet/assets/$kind/cache");
        }
        $this->link("$this->moduleDir/App/Views", 'src/AdminCabinet/Views/Modules');
        $backup = dirname($this->moduleDir) . "/Backup/$this->moduleUniqueID";
        if (is_dir($backup)) {
            exec("cp -r $backup/db/* $this->moduleDir/db/");
        }

        return true;
    }

    public function fixFilesRights(): bool
    {
        exec("find $this->moduleDir -type f -exec chmod 644 {} +; chmod 755 $this->moduleDir/bin/*");

        return true;
    }

    public function installDB(): bool
    {
        ModulesDBConnectionsProvider::recreateModulesDBConnections();
        foreach (glob("$this->moduleDir/Models/*.php") as $file) {
            $model = "Modules\\$this->moduleUniqueID\\Models\\" . basename($file, '.php');
            if (is_subclass_of($model, ModulesModelsBase::class)) {
                $model::upgradeTable();
            }
        }

        return !is_file(dirname($this->moduleDir) . '/fail-installation')
            && $this->registerNewModule()
            && $this->addToSidebar();
    }

    public function registerNewModule(): bool
    {
        $module = PbxExtensionModules::findFirstByUniqid($this->moduleUniqueID) ?? new PbxExtensionModules();
        $module->uniqid = $this->moduleUniqueID;

        return $module->save();
    }

    public function addToSidebar(): bool
    {
        $item = new PbxSettings();
        $item->key = "AdditionalMenuItem$this->moduleUniqueID";
        $item->value = '{}';

        return $item->save();
    }

    public function uninstallModule(bool $keepSettings = false): bool
    {
        return $this->unInstallDB($keepSettings) && $this->unInstallFiles($keepSettings);
    }

    public function unInstallDB(bool $keepSettings = false): bool
    {
        return $this->unregisterModule();
    }

    public function unregisterModule(): bool
    {
        return PbxExtensionModules::findFirstByUniqid($this->moduleUniqueID)?->delete() ?? true;
    }

    public function unInstallFiles(bool $keepSettings = false): bool
    {
        $backup = dirname($this->moduleDir) . "/Backup/$this->moduleUniqueID";
        exec("rm -rf $backup");
        if ($keepSettings) {
            exec("mkdir -p $backup; cp -r $this->moduleDir/db $backup/");
        }
        exec("rm -rf $this->moduleDir");
        foreach (self::ASSETS as $kind) {
            $link = World::path("www/sites/admin-cabinet/assets/$kind/cache") . "/$this->moduleUniqueID";
            if (file_exists($link)) {
                unlink($link);
            }
        }

        return true;
    }

    public function getMessages(): array
    {
        return $this->messages;
    }

    private function link(string $target, string $directory): void
    {
        $link = World::path("www/$directory") . "/$this->moduleUniqueID";
        is_dir(dirname($link)) || mkdir(dirname($link), 0755, true);
        if (file_exists($link)) {
            unlink($link);
        }
        if (file_exists($target)) {
            symlink($target, $link);
        }
    }
}

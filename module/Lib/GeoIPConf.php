<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Modules\Config\ConfigClass;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\RestAPI\Resources;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Update\Launcher;
use Phalcon\Acl\Adapter\Memory as AclList;

/**
 * Where Core calls the module. No hook decides anything: each says "now" to the one place that does.
 */
class GeoIPConf extends ConfigClass
{
    /**
     * Behind all other modules. Those that define roles must have said who may see the page before our rules of access
     * are made, and what they accept by address must stand in INPUT before our jump.
     *
     * One priority for all hooks: Core sorts the modules once in a process, whichever hook it calls first.
     */
    protected int $priority = 99999;

    public function onBeforeModuleEnable(): bool
    {
        try {
            Helper::installed()->check();

            return true;
        } catch (HelperError $error) {
            $this->messages[] = ErrorText::withDetail($error);

            return false;
        }
    }

    public function onAfterModuleEnable(): void
    {
        DesiredState::current()->convergeOrLog();
        $this->catchUp();
    }

    public function onAfterModuleDisable(): void
    {
        DesiredState::current()->convergeOrLog();
    }

    public function onAfterIptablesReload(): void
    {
        DesiredState::current()->attach();
    }

    public function onAfterPbxStarted(): void
    {
        DesiredState::current()->convergeOrLog();
        $this->catchUp();
    }

    /**
     * Core's worker of changes hears of each; nobody waits in it for the helper.
     *
     * @param mixed $data what changed: the class of the `model`, and in `recordId` the key of a setting
     */
    public function modelsEventChangeData($data): void
    {
        $changed = new Fields(is_array($data) ? $data : []);
        $movesPorts = $changed->string('model') === PbxSettings::class
            && AdminPorts::dependOn($changed->string('recordId'));
        if ($movesPorts && Module::isEnabled() && (new PolicyStore())->policy()->admin !== null) {
            Task::Converge->startOrLog();
        }
    }

    public function createCronTasks(array &$tasks): void
    {
        // Answer even while disabled. Core asks only enabled modules, but asks once more when it removes lines.
        // Do not answer after an uninstallation: a worker of Core's may hold this object for longer.
        if (Module::isInstalled()) {
            array_push($tasks, ...CronLines::wanted(new PolicyStore()));
        }
    }

    public function onAfterACLPrepared(AclList $aclList): void
    {
        AccessRules::addTo($aclList);
    }

    /**
     * Where Core's web firewall need not look into bodies: a note may read like an attack. Older ones never ask.
     *
     * @return array<string, list<string>> what is left out by the path
     */
    public function getWafExemptions(): array
    {
        return array_fill_keys(Resources::TAKING_TEXTS, ['body-scan']);
    }

    /**
     * The data came with the module, or is as old as the PBX was off. Nobody waits while the publisher is asked.
     */
    private function catchUp(): void
    {
        if (Module::isEnabled()) {
            Launcher::start(Task::MissedUpdate);
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Modules\Config;

use MikoPBX\Core\System\Directories;
use Phalcon\Acl\Adapter\Memory as AclList;

abstract class ConfigClass
{
    protected int $priority = 10000;
    protected array $messages;
    public string $moduleUniqueId;
    protected string $moduleDir;

    public function __construct()
    {
        $this->moduleUniqueId = explode('\\', static::class)[1];
        $this->moduleDir = Directories::getDir(Directories::CORE_MODULES_DIR) . '/' . $this->moduleUniqueId;
        $this->messages = [];
    }

    public function getMethodPriority(string $methodName = ''): int
    {
        return $this->priority;
    }

    public function getMessages(): array
    {
        return $this->messages;
    }

    public function getPBXCoreRESTAdditionalRoutes(): array
    {
        return [];
    }

    public function onAfterIptablesReload(): void
    {
    }

    public function onBeforeModuleEnable(): bool
    {
        return true;
    }

    public function onAfterModuleEnable(): void
    {
    }

    public function onBeforeModuleDisable(): bool
    {
        return true;
    }

    public function onAfterModuleDisable(): void
    {
    }

    public function modelsEventChangeData($data): void
    {
    }

    public function createCronTasks(array &$tasks): void
    {
    }

    public function onAfterPbxStarted(): void
    {
    }

    public function onAfterACLPrepared(AclList $aclList): void
    {
    }
}

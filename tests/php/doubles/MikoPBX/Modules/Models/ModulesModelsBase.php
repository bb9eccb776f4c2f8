<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Modules\Models;

use MikoPBX\Common\Models\ModelsBase;
use Phalcon\Di\Di;
use RuntimeException;

class ModulesModelsBase extends ModelsBase
{
    public function initialize(): void
    {
        parent::initialize();
    }

    public static function getConnectionServiceName(string $moduleUniqueId): string
    {
        return "{$moduleUniqueId}_module_db";
    }

    protected static function databaseFile(): string
    {
        $service = static::getConnectionServiceName(explode('\\', static::class)[1]);
        (new Di())->has($service) || throw new RuntimeException("Service '$service' was not found");

        return 'mikopbx/custom_modules/' . explode('\\', static::class)[1] . '/db/module.db';
    }
}

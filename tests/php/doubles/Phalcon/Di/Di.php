<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Di;

use LogicException;
use MikoPBX\Common\Providers\EventBusProvider;
use Phalcon\Db\Adapter\Pdo\Sqlite;

class Di
{
    public static function getDefault(): ?self
    {
        return new self();
    }

    public function getShared(string $name, mixed $parameters = null): mixed
    {
        return match ($name) {
            EventBusProvider::SERVICE_NAME => new EventBusProvider(),
            'ModuleGeoIP_module_db' => new Sqlite('mikopbx/custom_modules/ModuleGeoIP/db/module.db'),
            default => throw new LogicException("no service $name"),
        };
    }
}

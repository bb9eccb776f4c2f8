<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Di;

use LogicException;
use MikoPBX\Common\Providers\EventBusProvider;
use Phalcon\Db\Adapter\Pdo\Sqlite;

class Di implements DiInterface
{
    /** Both false in a process that started before the module was installed. */
    private static bool $knowsModules = true;
    private static bool $knowsWords = true;

    public static function startedBeforeTheModule(): void
    {
        self::$knowsModules = false;
        self::$knowsWords = false;
    }

    public static function learnWords(): void
    {
        self::$knowsWords = true;
    }

    public static function knowsWords(): bool
    {
        return self::$knowsWords;
    }

    public static function learnModules(): void
    {
        self::$knowsModules = true;
    }

    public function has(string $name): bool
    {
        return self::$knowsModules || !str_ends_with($name, '_module_db');
    }

    public function set(string $name, mixed $definition, bool $shared = false): void
    {
    }

    public function remove(string $name): void
    {
    }

    public function register(object $provider): void
    {
        $provider->register($this);
    }

    public static function getDefault(): ?self
    {
        return new self();
    }

    public function getShared(string $name, mixed $parameters = null): mixed
    {
        return match ($name) {
            'ModuleGeoIP_module_db' => new Sqlite('mikopbx/custom_modules/ModuleGeoIP/db/module.db'),
            EventBusProvider::SERVICE_NAME => new EventBusProvider(),
            default => throw new LogicException("no service $name"),
        };
    }
}

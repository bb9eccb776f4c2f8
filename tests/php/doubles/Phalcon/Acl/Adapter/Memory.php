<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Acl\Adapter;

use LogicException;
use Phalcon\Acl\Component;
use Phalcon\Acl\Role;

class Memory
{
    private array $roles = [];
    private array $components = ['*' => ['*']];
    private array $allowed = [];

    public function addRole($role, $accessInherits = null): bool
    {
        $this->roles[$role->getName()] = $role;

        return true;
    }

    public function addComponent($componentValue, $accessList): bool
    {
        $this->components[$componentValue->getName()] = (array)$accessList;

        return true;
    }

    public function getRoles(): array
    {
        return array_values($this->roles);
    }

    public function allow(string $roleName, string $componentName, $access, $func = null): void
    {
        if (!isset($this->roles[$roleName], $this->components[$componentName])) {
            throw new LogicException("unknown role or component: $roleName, $componentName");
        }
        foreach ((array)$access as $name) {
            if ($componentName !== '*' && !in_array($name, $this->components[$componentName], true)) {
                throw new LogicException("unknown access $name of $componentName");
            }
            $this->allowed[] = "$roleName|$componentName|$name";
        }
    }

    public function isAllowed($roleName, $componentName, string $access, ?array $parameters = null): bool
    {
        return in_array("$roleName|*|*", $this->allowed, true)
            || in_array("$roleName|$componentName|$access", $this->allowed, true);
    }
}

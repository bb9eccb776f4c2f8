<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Acl;

class Role implements RoleInterface
{
    public function __construct(private readonly string $name, private readonly ?string $description = null)
    {
    }

    public function getName(): string
    {
        return $this->name;
    }
}

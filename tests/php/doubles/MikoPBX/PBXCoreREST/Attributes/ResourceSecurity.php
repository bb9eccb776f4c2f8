<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_CLASS | Attribute::TARGET_METHOD)]
class ResourceSecurity
{
    public readonly array $requirements;

    public function __construct(
        public readonly string $resource,
        public readonly ?ActionType $action = null,
        ?array $requirements = null,
        public readonly bool $optional = false,
        public readonly string $description = '',
        public readonly array $extensions = []
    ) {
        $this->requirements = $requirements ?? [];
    }
}

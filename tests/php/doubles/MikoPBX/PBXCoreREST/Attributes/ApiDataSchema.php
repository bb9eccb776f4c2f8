<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_METHOD)]
class ApiDataSchema
{
    public function __construct(
        public readonly string $schemaClass,
        public readonly string $type = 'detail',
        public readonly ?string $schemaName = null,
        public readonly bool $isArray = false
    ) {
    }
}

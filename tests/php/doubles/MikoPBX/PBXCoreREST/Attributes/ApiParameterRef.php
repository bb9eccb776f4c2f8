<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_METHOD | Attribute::IS_REPEATABLE)]
class ApiParameterRef
{
    public function __construct(
        public readonly string $parameterName,
        public readonly ?string $dataStructure = null,
        public readonly ?ParameterLocation $in = null,
        public readonly ?bool $required = null,
        public readonly mixed $default = null,
        public readonly mixed $example = null,
        public readonly ?int $minimum = null,
        public readonly ?int $maximum = null,
        public readonly ?int $maxLength = null,
        public readonly ?string $pattern = null,
        public readonly ?array $enum = null,
        public readonly ?string $description = null
    ) {
    }
}

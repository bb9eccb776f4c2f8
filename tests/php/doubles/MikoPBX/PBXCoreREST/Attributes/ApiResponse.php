<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_METHOD | Attribute::IS_REPEATABLE)]
class ApiResponse
{
    public function __construct(
        public readonly int $statusCode,
        public readonly string $description,
        public readonly ?string $schema = null,
        public readonly array $content = [],
        public readonly array $headers = [],
        public readonly mixed $example = null,
        public readonly array $examples = [],
        public readonly array $extensions = []
    ) {
    }
}

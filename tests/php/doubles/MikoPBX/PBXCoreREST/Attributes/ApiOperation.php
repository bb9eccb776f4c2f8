<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_METHOD)]
class ApiOperation
{
    public function __construct(
        public readonly string $summary,
        public readonly string $description = '',
        public readonly ?string $operationId = null,
        public readonly array $tags = [],
        public readonly array $security = [],
        public readonly bool $deprecated = false,
        public readonly array $parameters = [],
        public readonly array $responses = [],
        public readonly array $requestBody = [],
        public readonly array $extensions = [],
        public readonly array $acl = [],
        public readonly bool $requiresId = false,
        public readonly bool $internal = false
    ) {
    }
}

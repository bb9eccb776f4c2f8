<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_CLASS)]
class ApiResource
{
    public function __construct(
        public readonly string $path,
        public readonly array $tags = [],
        public readonly string $description = '',
        public readonly array $security = ['session'],
        public readonly ?string $processor = null,
        public readonly array $schemas = [],
        public readonly bool $deprecated = false,
        public readonly ?string $version = 'v3',
        public readonly array $extensions = []
    ) {
    }
}

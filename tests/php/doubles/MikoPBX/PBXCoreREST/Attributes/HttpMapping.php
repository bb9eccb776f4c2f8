<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Attributes;

use Attribute;

#[Attribute(Attribute::TARGET_CLASS | Attribute::TARGET_METHOD)]
class HttpMapping
{
    public function __construct(
        public readonly array $mapping = [],
        public readonly array $resourceLevelMethods = [],
        public readonly array $collectionLevelMethods = [],
        public readonly array $customMethods = [],
        public readonly string|array|null $idPattern = null
    ) {
    }
}

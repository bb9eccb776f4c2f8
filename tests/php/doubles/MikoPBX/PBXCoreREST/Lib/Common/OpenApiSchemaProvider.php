<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Lib\Common;

interface OpenApiSchemaProvider
{
    public static function getListItemSchema(): array;

    public static function getDetailSchema(): array;

    public static function getRelatedSchemas(): array;
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

/**
 * Whom a policy would cut off. The parameters are those of the resource.
 */
final class AffectedStructure extends DataStructure
{
    protected static function answer(): array
    {
        return ['affected' => self::orNull(self::affected()), 'warnings' => self::warnings()];
    }
}

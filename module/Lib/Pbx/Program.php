<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Core\System\Util;

/**
 * A program of this system, by its path.
 */
final class Program
{
    /**
     * The name itself where Core does not say: whoever runs it looks for it in turn.
     */
    public static function path(string $name): string
    {
        return Attempt::to("ask the PBX where $name is", static fn (): string => Util::which($name), $name);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Directory;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * The end of the state directory; the helper and the locks make it when they need it.
 */
final class StateDirectory
{
    public static function exists(): bool
    {
        return is_dir(Module::stateDirectory());
    }

    /**
     * True if nothing is in it but what running the helper leaves there.
     */
    public static function isBare(): bool
    {
        $content = array_diff(@scandir(Module::stateDirectory()) ?: [], ['.', '..', Binary::STAMP]);

        return array_filter($content, static fn (string $name): bool => !str_ends_with($name, '.lock')) === [];
    }

    public static function remove(): void
    {
        Directory::remove(Module::stateDirectory());
    }
}

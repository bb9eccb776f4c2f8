<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Directory;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * Whether the state directory exists, and its removal. The helper and the locks create it when they need it.
 */
final class StateDirectory
{
    public static function exists(): bool
    {
        return is_dir(Module::stateDirectory());
    }

    /**
     * True if it holds nothing but what a run of the helper leaves.
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

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Models\PbxExtensionModules;
use MikoPBX\Core\System\Directories;

/**
 * Who the module is, where its files lie and whether Core has it switched on.
 */
final class Module
{
    public const ID = 'ModuleGeoIP';

    /** The source that the zip carries a copy of. */
    public const BUNDLED = 'dbip';

    private const STATE_DIRECTORY = 'geoip-filter';

    public static function directory(): string
    {
        return Directories::getDir(Directories::CORE_MODULES_DIR) . '/' . self::ID;
    }

    /**
     * Where the helper remembers databases, plans and the applied policy.
     *
     * It stands beside the modules' directory, not in it: an upgrade deletes the module's own directory, and at every
     * boot Core hands all below the modules' directory to the web server's user, who must not be able to
     * change what root loads into the kernel. The temporary directory may be emptied at boot, when this is needed most.
     */
    public static function stateDirectory(): string
    {
        return dirname(Directories::getDir(Directories::CORE_MODULES_DIR)) . '/' . self::STATE_DIRECTORY;
    }

    /**
     * A directory of the web server's user, which may be gone after the next boot.
     */
    public static function temporaryDirectory(): string
    {
        return Directories::getDir(Directories::CORE_TEMP_DIR) . '/' . self::ID;
    }

    /**
     * A file that Core's web server may read.
     */
    public static function exportFile(string $name): string
    {
        return Directories::getDir(Directories::CORE_TEMP_DIR) . '/' . self::ID . "-export-$name";
    }

    public static function databaseFile(): string
    {
        return self::directory() . '/db/module.db';
    }

    /**
     * Where Core logs the queries to the module's database; it makes the directory, and does not remove it.
     */
    public static function logDirectory(): string
    {
        return Directories::getDir(Directories::CORE_LOGS_DIR) . '/' . self::ID;
    }

    /**
     * The copy of a source's data in the zip; null if the zip has none.
     */
    public static function bundle(string $source): ?string
    {
        $bundle = self::directory() . '/data/dbip-country-lite.csv.gz';

        return $source === self::BUNDLED && is_file($bundle) ? $bundle : null;
    }

    /**
     * True if Core knows the module as installed, enabled or not.
     */
    public static function isInstalled(): bool
    {
        return self::registration() !== null;
    }

    public static function isEnabled(): bool
    {
        return self::registration()?->disabled === '0';
    }

    private static function registration(): ?PbxExtensionModules
    {
        $found = PbxExtensionModules::findFirstByUniqid(self::ID);

        return $found instanceof PbxExtensionModules ? $found : null;
    }
}

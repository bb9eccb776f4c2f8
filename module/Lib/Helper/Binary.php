<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\PrivateFile;

/**
 * The helper's program file for this machine.
 */
final class Binary
{
    /** Remembers in the state directory which file was found whole. */
    public const STAMP = 'helper-verified';

    /** The sums of all programs, beside them. */
    public const CHECKSUMS = 'geoip-helper.sha256';

    /** Many times what Core needs to give the right back. */
    private const INSTALLING_SECONDS = 2.0;

    private const POLL_MICROSECONDS = 20000;

    /** What kernels call the two architectures that the zip carries. */
    private const ARCHITECTURES = [
        'x86_64' => 'x86_64',
        'amd64' => 'x86_64',
        'aarch64' => 'aarch64',
        'arm64' => 'aarch64',
    ];

    public function __construct(
        private readonly string $directory,
        private readonly string $machine,
        private readonly string $stateDirectory
    ) {
    }

    /**
     * The program's path, after its checksum was compared.
     *
     * Root must not run a file that a full or dying disk has damaged. Reading the whole file takes longer than running
     * it, and Core may be waiting with INPUT half built. So a file that nobody touched is read once in a boot.
     *
     * @throws HelperError `helper.missing`, `helper.damaged`
     */
    public function verifiedPath(): string
    {
        $name = self::nameFor($this->machine)
            ?? throw new HelperError(HelperError::MISSING, "there is no helper for $this->machine machines");
        $path = "$this->directory/$name";
        if (!self::isRunnable($path)) {
            throw new HelperError(HelperError::MISSING, "$path is missing or not executable");
        }
        $identity = self::identity($path);
        $stamp = "$this->stateDirectory/" . self::STAMP;
        if (is_file($stamp) && file_get_contents($stamp) === $identity) {
            return $path;
        }
        if ($this->expectedChecksum($name) !== hash_file('sha256', $path)) {
            throw new HelperError(HelperError::DAMAGED, "$path is not the file that was packed");
        }
        if (is_dir($this->stateDirectory)) {
            PrivateFile::write($stamp, $identity);
        }

        return $path;
    }

    /**
     * Waits a moment if the file is not executable: while Core installs a module, it can already be switched on.
     */
    private static function isRunnable(string $path): bool
    {
        $deadline = microtime(true) + self::INSTALLING_SECONDS;
        do {
            clearstatcache(true, $path);
            if (is_executable($path)) {
                return is_file($path);
            }
            usleep(self::POLL_MICROSECONDS);
        } while (is_file($path) && microtime(true) < $deadline);

        return false;
    }

    /**
     * This very file since its last change of any kind, in this boot. The kernel sets the time of change, nobody else.
     */
    private static function identity(string $path): string
    {
        clearstatcache(true, $path);
        $boot = (string)@file_get_contents('/proc/sys/kernel/random/boot_id');

        return sprintf('%s %d %d %d %s', $path, fileinode($path), filesize($path), filectime($path), trim($boot));
    }

    /**
     * The name of the program for a kind of machine; null if there is none.
     */
    public static function nameFor(string $machine): ?string
    {
        $architecture = self::ARCHITECTURES[strtolower($machine)] ?? null;

        return $architecture === null ? null : "geoip-helper-$architecture";
    }

    private function expectedChecksum(string $name): string
    {
        $list = "$this->directory/" . self::CHECKSUMS;
        $lines = is_file($list) ? file($list, FILE_IGNORE_NEW_LINES) : false;
        foreach ($lines === false ? [] : $lines as $line) {
            // As sha256sum writes it: the sum, a blank, a blank or a star, the name.
            if (substr($line, 66) === $name) {
                return substr($line, 0, 64);
            }
        }
        throw new HelperError(HelperError::DAMAGED, "$list does not name $name");
    }
}

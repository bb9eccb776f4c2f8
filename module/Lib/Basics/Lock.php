<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

use RuntimeException;

/**
 * A file that one process at a time holds; the kernel lets go of it for a process that dies.
 */
final class Lock
{
    private const POLL_MICROSECONDS = 20000;

    /**
     * @param resource $file
     */
    private function __construct(private $file)
    {
    }

    /**
     * Takes the lock, waiting for it if somebody holds it; null if the time is up.
     */
    public static function take(string $path, float $seconds = 0.0): ?self
    {
        $directory = dirname($path);
        if (!is_dir($directory) && !@mkdir($directory, 0700, true) && !is_dir($directory)) {
            throw new RuntimeException("cannot create $directory");
        }
        $file = PrivateFile::open($path);
        if ($file === false) {
            throw new RuntimeException("cannot open $path");
        }
        $deadline = microtime(true) + $seconds;
        while (!flock($file, LOCK_EX | LOCK_NB)) {
            if (microtime(true) >= $deadline) {
                fclose($file);

                return null;
            }
            usleep(self::POLL_MICROSECONDS);
        }

        return new self($file);
    }

    /**
     * True if somebody holds the lock now.
     */
    public static function isHeld(string $path): bool
    {
        $file = is_file($path) ? PrivateFile::open($path) : false;
        if ($file === false) {
            return false;
        }
        try {
            // Shared: somebody else who only looks does not count.
            return !flock($file, LOCK_SH | LOCK_NB);
        } finally {
            fclose($file);
        }
    }

    public function release(): void
    {
        if (is_resource($this->file)) {
            // A child that outlives us has inherited nothing: PHP opens files close-on-exec.
            flock($this->file, LOCK_UN);
            fclose($this->file);
        }
    }

    public function __destruct()
    {
        $this->release();
    }
}

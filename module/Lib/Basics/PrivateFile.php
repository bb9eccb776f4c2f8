<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

/**
 * Files that only their owner reads and writes. A file that others could read before is taken from them.
 */
final class PrivateFile
{
    private const MODE = 0600;

    private const OTHERS = 0077;

    /**
     * Replaces the file as a whole: a reader never sees half of it. False if it cannot be written.
     */
    public static function write(string $path, string $content): bool
    {
        $unfinished = "$path.new";
        $file = self::open($unfinished);
        if ($file === false) {
            return false;
        }
        $isWritten = ftruncate($file, 0) && @fwrite($file, $content) === strlen($content);
        fclose($file);

        return $isWritten && @rename($unfinished, $path);
    }

    /**
     * Opens a file to write, and makes it if need be; false if that is not possible.
     *
     * @return resource|false
     */
    public static function open(string $path): mixed
    {
        $former = umask(self::OTHERS);
        try {
            $file = @fopen($path, 'c');
        } finally {
            umask($former);
        }
        $status = $file === false ? false : fstat($file);
        if ($status !== false && ($status['mode'] & self::OTHERS) !== 0) {
            @chmod($path, self::MODE);
        }

        return $file;
    }
}

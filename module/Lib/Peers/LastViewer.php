<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\PrivateFile;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use UnexpectedValueException;

/**
 * Who had the page open last while the module was off: most likely whoever switches it on.
 *
 * The page is served by the web server's user, who must not write where root keeps what it loads into the kernel. What
 * that user writes here can do no more than put a policy on trial.
 */
final class LastViewer
{
    private const FILE = 'viewer.json';

    private const KEPT_SECONDS = 3600;

    private const MOST_BYTES = 1000;

    /**
     * Nobody if the page was not open lately.
     */
    public static function recall(): Viewer
    {
        $path = Module::temporaryDirectory() . '/' . self::FILE;
        try {
            $record = Fields::fromJson((string)@file_get_contents($path, length: self::MOST_BYTES));
        } catch (UnexpectedValueException) {
            return Viewer::nobody();
        }
        $age = time() - $record->integer('at');
        $isFresh = $age >= 0 && $age < self::KEPT_SECONDS;

        return $isFresh ? new Viewer($record->string('address'), $record->string('scheme')) : Viewer::nobody();
    }

    public static function remember(Viewer $viewer): void
    {
        $directory = Module::temporaryDirectory();
        if (is_dir($directory) || @mkdir($directory, 0700, true)) {
            $record = ['address' => $viewer->address, 'scheme' => $viewer->scheme, 'at' => time()];
            PrivateFile::write("$directory/" . self::FILE, json_encode($record, JSON_THROW_ON_ERROR));
        }
    }
}

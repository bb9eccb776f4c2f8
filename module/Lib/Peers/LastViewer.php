<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Record;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

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

    /**
     * Nobody if the page was not open lately.
     */
    public static function recall(): Viewer
    {
        $record = self::record()->load();
        $age = time() - $record->integer('at');
        $isFresh = $age >= 0 && $age < self::KEPT_SECONDS;

        return $isFresh ? new Viewer($record->string('address'), $record->string('scheme')) : Viewer::nobody();
    }

    public static function remember(Viewer $viewer): void
    {
        $directory = Module::temporaryDirectory();
        if (is_dir($directory) || @mkdir($directory, 0700, true)) {
            self::record()->save(['address' => $viewer->address, 'scheme' => $viewer->scheme, 'at' => time()]);
        }
    }

    private static function record(): Record
    {
        return new Record(Module::temporaryDirectory() . '/' . self::FILE);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class Processes
{
    private const DEFAULT_OUTPUT_FILE = '/dev/null';

    public static function mwExecBg(
        string $command,
        string $outFile = self::DEFAULT_OUTPUT_FILE,
        int $sleepTime = 0
    ): void {
        World::note('background', ['command' => $command]);
        exec("nohup $command > $outFile 2>&1 &");
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Push;

/**
 * Sends the state of an update to the browsers that are open.
 */
final class ProgressFeed
{
    /** Each event is an HTTP request to the web server on this machine; twice a second is plenty for an eye. */
    private const PAUSE_SECONDS = 0.5;

    private float $lastSent = 0.0;

    /**
     * True if enough time has passed to tell the next step.
     */
    public function isDue(): bool
    {
        return microtime(true) - $this->lastSent >= self::PAUSE_SECONDS;
    }

    public function send(UpdateStatus $status): void
    {
        $this->lastSent = microtime(true);
        Push::send(Push::UPDATE, $status->toArray());
    }
}

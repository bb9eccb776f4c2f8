<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Pbx\Push;

/**
 * Sends the state of an update to the browsers that are open.
 */
final class ProgressFeed
{
    /** Each event is an HTTP request to the web server on this machine; twice a second is plenty for an eye. */
    private const PAUSE_SECONDS = 0.5;

    private float $lastSent = 0.0;

    /**
     * Sends a step, unless the last one was a moment ago.
     */
    public function offer(UpdateStatus $status): void
    {
        if ($this->secondsLeft() <= 0) {
            $this->send($status);
        }
    }

    /**
     * Waits until there may be another step: before the last one, which nobody must miss.
     */
    public function waitUntilDue(): void
    {
        usleep(max(0, (int)ceil($this->secondsLeft() * 1e6)));
    }

    public function send(UpdateStatus $status): void
    {
        Push::send(Push::UPDATE, $status->toArray());
        $this->lastSent = microtime(true);
    }

    private function secondsLeft(): float
    {
        return $this->lastSent + self::PAUSE_SECONDS - microtime(true);
    }
}

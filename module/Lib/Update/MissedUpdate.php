<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use DateTimeImmutable;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\QuickStatus;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Whether the last Sunday's update of the chosen source is still to be had, and now is the time to try.
 */
final class MissedUpdate
{
    /** How long nothing is made up for after an update that failed: the publisher may be the one in trouble. */
    private const REST_SECONDS = 21600;

    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    public function isDue(): bool
    {
        $source = $this->store->policy()->source;
        $last = UpdateStatus::load();
        if ($last->hasFailedFor($source) && abs(time() - $last->startedAt()) < self::REST_SECONDS) {
            return false;
        }
        try {
            return Schedule::ofThisMachine()->isOverdue($this->answeredAt($source), new DateTimeImmutable());
        } catch (HelperError $error) {
            Log::warning("cannot tell whether an update was missed: {$error->getMessage()}");

            return false;
        }
    }

    /**
     * When the publisher of a source was last asked with success; 0 if it never was.
     */
    private function answeredAt(string $source): int
    {
        foreach (QuickStatus::of($this->helper)->objects('databases') as $database) {
            if ($database->string('source') === $source) {
                return (int)strtotime($database->string('publisher_answered_at'));
            }
        }

        return 0;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Healing;

use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Enforcement\Outcome;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Throwable;

/**
 * Repairs what somebody changed in the kernel, and tells the administrator where that does not help.
 */
final class Healer
{
    public function __construct(private readonly DesiredState $desiredState, private readonly Notice $notice)
    {
    }

    public function run(): void
    {
        try {
            $outcome = $this->desiredState->repair();
        } catch (HelperError $error) {
            // Whoever is at work puts everything in its place; if not, the next look finds it.
            if (!$error->isBusy()) {
                $this->tellFailure($error->codeWord, ErrorText::withDetail($error));
            }

            return;
        } catch (Throwable $error) {
            $this->tellFailure($error::class, $error->getMessage());

            return;
        }
        if ($outcome->state === Outcome::WITHHELD) {
            $this->notice->tell('pbx.withheld', 'module_geoip_error_pbx_withheld', []);

            return;
        }
        $what = implode('; ', $outcome->repaired);
        if ($outcome->isRecurring) {
            $this->notice->tell('recurring', 'module_geoip_notice_recurring', [
                'n' => (string)$outcome->times,
                'reason' => $what,
            ]);
        } else {
            if ($outcome->times === 1) {
                Log::warning("repaired what was changed from outside: $what");
            }
            $this->notice->forget();
        }
    }

    private function tellFailure(string $trouble, string $reason): void
    {
        $this->notice->tell($trouble, 'module_geoip_notice_failed', ['reason' => $reason]);
    }
}

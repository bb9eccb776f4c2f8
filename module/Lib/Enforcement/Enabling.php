<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\Peers\LastViewer;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\UnconfirmedChange;

/**
 * Decides how the policy comes into force when the module is switched on: on trial if it would cut somebody off, as
 * after a risky save.
 *
 * Core calls the hook several times, and does not say who switched the module on. So the first convergence that finds
 * it on decides. It asks about whoever had the page open last, the providers and the registered phones.
 */
final class Enabling
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * Notes that the policy comes into force, unless it is in force already.
     *
     * @throws HelperError while another helper is at work
     */
    public function putInForce(Policy $policy): void
    {
        if ($this->store->isInForce()) {
            return;
        }
        $change = $this->store->unconfirmed();
        $isRisky = $change === null && Firewall::isEnabled() && $this->mayCutOff($policy);
        if ($isRisky) {
            Log::audit('the filter is on trial: switched on, it may cut somebody off');
        }
        $this->store->putInForce($isRisky ? UnconfirmedChange::begin(null) : $change);
    }

    private function mayCutOff(Policy $policy): bool
    {
        try {
            if (PolicyCheck::of($policy, $this->helper)->dropsNobody) {
                return false;
            }
            $affected = Affected::under($policy, $this->helper, LastViewer::recall());

            // Null, where it cannot be told: without data the policy is on trial as soon as there is some. But a name
            // server that is silent must not leave the PBX without its filter where nobody is there to keep it.
            return $affected->peers !== [] && !$affected->lacksOnlyProviders;
        } catch (HelperError $error) {
            if ($error->isBusy()) {
                throw $error;
            }
            Log::warning("cannot tell whom the filter would cut off: {$error->getMessage()}");

            return true;
        }
    }
}

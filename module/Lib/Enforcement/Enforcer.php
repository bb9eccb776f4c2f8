<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Helper\DataAtHand;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Learning\Observations;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Update\Launcher;

/**
 * The steps to the desired state, each by the helper. The caller holds the lock.
 */
final class Enforcer
{
    private readonly DataAtHand $data;

    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
        $this->data = new DataAtHand($helper);
    }

    /**
     * Puts the saved policy in force, as far as this system lets us.
     *
     * @throws HelperError when that failed
     */
    public function enforce(): Outcome
    {
        $policy = $this->store->policy();
        $source = $this->data->sourceFor($policy->source);
        if (!Firewall::isManaged()) {
            return new Outcome(Outcome::UNMANAGED, $source);
        }
        (new Enabling($this->helper, $this->store))->putInForce($policy, $source);
        [$applied, $source] = $this->apply($policy, $source);
        if ($source !== $policy->source) {
            Log::info("there is no data of $policy->source yet, $source stands in");
            Launcher::fetchMissing($policy->source);
        }

        return Firewall::isEnabled()
            ? new Outcome(Outcome::ENFORCED, $source, $this->attach()->warnings)
            : new Outcome(Outcome::PREPARED, $source, $applied->warnings);
    }

    /**
     * The same, after what differs in the kernel was repaired.
     *
     * @throws HelperError when that failed
     */
    public function heal(): Outcome
    {
        if (!Firewall::isManaged()) {
            return $this->enforce();
        }
        try {
            $healed = $this->helper->run('heal', ['attach' => Firewall::isEnabled()]);
        } catch (HelperError $error) {
            // What has to be made first, or built by Core, takes more than a repair.
            if (!$error->isNothingApplied() && !$error->isDataMissing() && !$error->isDisplaced()) {
                throw $error;
            }
            Log::info("not to be repaired, but made anew: {$error->getMessage()}");

            return $this->enforce();
        }

        return $this->enforce()->after($healed);
    }

    /**
     * Leaves nothing of ours in the kernel.
     *
     * @param string $state why
     * @throws HelperError when that failed
     */
    public function clear(string $state): Outcome
    {
        try {
            $detached = $this->helper->run('detach');
        } catch (HelperError $error) {
            if (!$error->isFirewallMissing()) {
                throw $error;
            }

            return new Outcome($state);
        }

        return new Outcome($state, warnings: $detached->warnings);
    }

    /**
     * @return array{Reply, string} and the source that the policy is computed from now
     */
    private function apply(Policy $policy, string $source): array
    {
        $confirm = $this->store->unconfirmed()?->toRequest() ?? [];
        // While a change waits, the filter may go back to learning by itself.
        if (!$policy->onlyCounts() && $confirm === []) {
            Observations::forget();
        }
        try {
            return [$this->helper->run('apply', $policy->toRequest($source) + $confirm), $source];
        } catch (HelperError $error) {
            if (!$error->isDataMissing()) {
                throw $error;
            }
            // What looked whole from outside is damaged inside.
            Log::warning($error->getMessage());
            $source = $this->data->sourceFor($policy->source, damaged: $source);

            return [$this->helper->run('apply', $policy->toRequest($source) + $confirm), $source];
        }
    }

    private function attach(): Reply
    {
        try {
            return $this->helper->run('attach');
        } catch (HelperError $error) {
            if ($error->isDisplaced()) {
                Log::warning('the place of the filter in INPUT cannot be told; the PBX is asked to build INPUT anew');
                Firewall::queueReload();
            }
            throw $error;
        }
    }
}

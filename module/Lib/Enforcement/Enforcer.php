<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Learning\Observations;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\Peers\Question;
use Modules\ModuleGeoIP\Lib\Peers\Registrations;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Update\Launcher;

/**
 * The steps to the desired state, each by the helper. The caller holds the lock.
 */
final class Enforcer
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * Puts the saved policy in force, as far as this system allows.
     *
     * @throws HelperError when that failed
     */
    public function enforce(): Outcome
    {
        $policy = $this->store->policy();
        if (!Firewall::isManaged()) {
            return new Outcome(Outcome::UNMANAGED, $this->prepareData($policy)->warnings);
        }
        (new Enabling($this->helper, $this->store))->putInForce($policy);
        [$applied, $missing] = $this->applyAsFarAsPossible($policy);
        if ($applied->data->has('stand_in')) {
            Log::info("there is no data of $policy->source yet, {$applied->data->string('stand_in')} stands in");
            Launcher::fetchMissing($policy->source);
        }
        [$change, $problems] = [$applied->data->object('change'), [...$missing, ...$applied->problems()]];
        if (!Firewall::isEnabled()) {
            return new Outcome(Outcome::PREPARED, $applied->warnings, $change, $problems);
        }
        // A chain that INPUT leads into at the right place needs no second look.
        $warnings = $applied->data->flag('attached') ? $applied->warnings : $this->attach()->warnings;

        return new Outcome(Outcome::ENFORCED, $warnings, $change, $problems);
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
            if (!$error->isNothingApplied() && !$error->isDataMissing() && !$error->isInputChanged()) {
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
     * A list of which nothing was got yet keeps nothing else out of force. It is got in the background, and joins then.
     *
     * @return array{Reply, list<array{code: string, message: string, remedy: string}>} why something is left out
     */
    private function applyAsFarAsPossible(Policy $policy): array
    {
        $missing = [];
        while (true) {
            try {
                return [$this->apply($policy), $missing];
            } catch (HelperError $error) {
                $possible = $error->isListMissing() ? $policy->without($error->field) : null;
                if ($possible === null) {
                    throw $error;
                }
                if ($missing === []) {
                    Task::Lists->startOrLog();
                }
                $missing[] = [
                    'code' => $error->codeWord,
                    'message' => $error->getMessage(),
                    'remedy' => $error->remedy,
                ];
                $policy = $possible;
            }
        }
    }

    private function apply(Policy $policy): Reply
    {
        $confirm = $this->store->unconfirmed()?->toRequest() ?? [];
        // While a change waits, the filter may go back to learning by itself.
        if (!$policy->onlyCounts() && $confirm === []) {
            Observations::forget();
        }

        return $this->helper->run('apply', [
            ...$policy->toRequest(),
            ...$confirm,
            ...StandIn::toRequest(),
            ...Registrations::toRequest($policy),
        ]);
    }

    /**
     * Compiles the data so that questions can be answered, without changing the kernel.
     */
    private function prepareData(Policy $policy): Reply
    {
        return $this->helper->run('explain', Question::about([], $policy));
    }

    private function attach(): Reply
    {
        try {
            return $this->helper->run('attach');
        } catch (HelperError $error) {
            if ($error->isInputChanged()) {
                Log::warning('the place of the filter in INPUT cannot be told; the PBX is asked to build INPUT anew');
                Firewall::queueReload();
            }
            throw $error;
        }
    }
}

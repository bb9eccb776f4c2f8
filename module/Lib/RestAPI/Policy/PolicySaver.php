<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\QuickStatus;
use Modules\ModuleGeoIP\Lib\Lists\ListKeeper;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Push;
use Modules\ModuleGeoIP\Lib\Pbx\Words;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\Conflict;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;
use Modules\ModuleGeoIP\Lib\Settings\UnconfirmedChange;
use Modules\ModuleGeoIP\Lib\Status\Remark;
use Modules\ModuleGeoIP\Lib\Status\Remarks;

/**
 * Takes a policy from the administrator: checked before it is stored, stored before it is put in force; all under the
 * lock of the desired state, so that nobody saves in between.
 */
final class PolicySaver
{
    private Policy $before;

    /** The change that was waiting for its confirmation already. */
    private ?UnconfirmedChange $changeBefore = null;

    /** Nobody kept the policy before when the module was switched on. */
    private bool $wasWithheld = false;

    /** False also where it could not be put in force yet since the module was switched on. */
    private bool $wasInForce = false;

    /** What the helper said of the policy that was stored; null as long as none was. */
    private ?PolicyCheck $check = null;

    public function __construct(
        private readonly PolicyStore $store,
        private readonly Helper $helper,
        private readonly DesiredState $desiredState
    ) {
        $this->before = $store->policy();
    }

    public static function current(): self
    {
        return new self(new PolicyStore(), Helper::installed(), DesiredState::ofRequest());
    }

    /**
     * @param array<array-key, mixed> $fields
     * @param bool $whole whether the fields that are left out take their defaults, or stay as they are
     * @return array<string, mixed> what became of it
     */
    public function save(array $fields, bool $whole, RestRequest $request): array
    {
        $revision = $fields['revision'] ?? null;
        $isRisky = $request->flag('confirm');
        unset($fields['revision'], $fields['confirm']);
        [$outcome, $failures] = [null, []];
        try {
            $outcome = $this->desiredState->converge(function () use ($fields, $whole, $revision, $isRisky): void {
                $this->saveUnderLock($fields, $whole, $revision, $isRisky);
            });
        } catch (HelperError $error) {
            $failures[] = $this->settle($error);
        }
        $remarks = Remarks::of(
            $outcome === null ? [] : $outcome->problems,
            [...$this->check->warnings ?? [], ...($outcome === null ? [] : $outcome->warnings)],
            $this->store->isWithheld()
        );
        $problems = [...$failures, ...$remarks->problems];
        if ($this->check !== null) {
            $changes = $this->check->policy->changesSince($this->before);
            Log::audit("the policy was saved by $request->viewer: $changes");
            Push::send(Push::POLICY, ['revision' => $this->store->revision(), 'by' => $request->viewer->name]);
            ListKeeper::forgetUnused($this->before, $this->check->policy);
        }

        return [
            'inForce' => $problems === [],
            'problems' => $problems,
            'warnings' => $remarks->warnings,
            'trial' => $this->onTrial($outcome?->change),
        ];
    }

    /**
     * Reads everything again: two changes of different fields at once must both survive.
     *
     * @param array<array-key, mixed> $fields
     */
    private function saveUnderLock(array $fields, bool $whole, mixed $revision, bool $isRisky): void
    {
        $this->before = $this->store->policy();
        $this->changeBefore = $this->store->unconfirmed();
        $this->wasWithheld = $this->store->isWithheld();
        $this->wasInForce = $this->store->isInForce();
        if ($revision !== null && $revision !== $this->store->revision()) {
            throw new Conflict(Words::of('module_geoip_changed_meanwhile'));
        }
        $policy = PolicyReader::read($fields, $whole ? new Policy() : $this->before, $this->before->lists);
        $check = PolicyCheck::of($policy, $this->helper, $this->before);
        if ($check->policy->lists !== [] && $check->policy->lists != $this->before->lists) {
            (new ListKeeper($this->helper))->prepare($check->policy);
        }
        $this->store->savePolicy($check->policy, $this->changeBy($check, $isRisky));
        $this->check = $check;
    }

    /**
     * The change that somebody has to confirm, if it is one: a risky one, any one by the administrator's wish, or one
     * on top of another that still waits. Where nothing is in force, and by a policy that drops nobody, nobody can be
     * locked out; another note is no change at all.
     */
    private function changeBy(PolicyCheck $check, bool $isRisky): ?UnconfirmedChange
    {
        $isNew = $this->wasWithheld || !$check->isSame;
        $everyChange = (new Preferences())->confirmsEvery() && !$check->dropsNobody;
        $mustConfirm = $isRisky || $everyChange || $this->changeBefore !== null;
        if (!$mustConfirm || !Module::isEnabled() || !Firewall::isAtWork()) {
            return null;
        }

        if (!$isNew) {
            return $this->changeBefore;
        }
        $inForceBefore = $this->wasInForce ? $this->before : null;

        return UnconfirmedChange::begin(
            $this->changeBefore === null ? $inForceBefore : $this->changeBefore->former
        );
    }

    /**
     * @param null|Fields $change what the helper says of it; null where the policy could not be put in force
     * @return null|array{token: string, secondsLeft: int, switchesOn: bool}
     */
    private function onTrial(?Fields $change): ?array
    {
        $unconfirmed = $this->store->unconfirmed();
        if ($unconfirmed === null) {
            return null;
        }

        return $unconfirmed->onTrial($change ?? QuickStatus::of($this->helper)->object('change'));
    }

    /**
     * What to make of a convergence that failed: a policy that the helper refuses is taken back, any other stays saved.
     *
     * @return array{code: string, text: string, detail: string, remedy: null|string} why it is not in force
     */
    private function settle(HelperError $error): array
    {
        if ($this->check !== null && $error->isRefusal()) {
            $this->store->savePolicy($this->before, $this->changeBefore);
            if ($this->wasWithheld) {
                $this->store->withhold();
            }
        }
        if ($this->check === null || $error->isRefusal()) {
            throw $error;
        }
        // Not in force yet: the next convergence tries again, and the page must say so now.
        Log::warning("the saved policy is not in force yet: {$error->codeWord}: {$error->getMessage()}");

        return Remark::ofError($error);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
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

/**
 * Takes a policy from the administrator: checked before it is stored, stored before it is put in force.
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

    /** The policy that was stored; null as long as none was. */
    private ?Policy $stored = null;

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
     * @return array<string, mixed>
     */
    public function save(array $fields, bool $whole, RestRequest $request): array
    {
        $revision = $fields['revision'] ?? null;
        $isRisky = $request->flag('confirm');
        unset($fields['revision'], $fields['confirm']);
        $check = PolicyCheck::of(PolicyReader::read($fields, $whole ? new Policy() : $this->before), $this->helper);
        $fields = array_intersect_key($check->policy->toArray(), $fields);
        $outcome = null;
        try {
            $outcome = $this->desiredState->converge(function () use ($fields, $whole, $revision, $isRisky): void {
                $this->saveUnderLock($fields, $whole, $revision, $isRisky);
            });
            [$state, $warnings] = [$outcome->state, ErrorText::ofWarnings($outcome->warnings)];
        } catch (HelperError $error) {
            [$state, $warnings] = ['pending', $this->settle($error)];
        }
        $changes = $this->stored?->changesSince($this->before) ?? '';
        Log::audit("the policy was saved by $request->viewer: $changes");
        Push::send(Push::POLICY, ['revision' => $this->store->revision(), 'by' => $request->viewer->name]);

        return PolicyView::of($this->store) + [
            'state' => $state,
            'warnings' => [...ErrorText::ofWarnings($check->warnings), ...$warnings],
            'pending' => $this->pending($outcome?->change),
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
        $policy = PolicyReader::read($fields, $whole ? new Policy() : $this->before)->at(time());
        $this->store->savePolicy($policy, $this->changeTo($policy, $isRisky));
        $this->stored = $policy;
    }

    /**
     * The change that somebody has to confirm, if it is one: a risky one, any one by the administrator's wish, or one
     * on top of another that still waits. Where nothing is in force, and by a policy that only counts, nobody can be
     * locked out.
     */
    private function changeTo(Policy $policy, bool $isRisky): ?UnconfirmedChange
    {
        $isNew = $this->wasWithheld || $policy->revision() !== $this->before->revision();
        $everyChange = (new Preferences())->confirmsEvery() && !$policy->onlyCounts();
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
    private function pending(?Fields $change): ?array
    {
        $unconfirmed = $this->store->unconfirmed();
        if ($unconfirmed === null) {
            return null;
        }
        $change ??= $this->helper->run('status', ['quick' => true])->data->object('change');

        return $unconfirmed->pending($change);
    }

    /**
     * What to make of a convergence that failed: a policy that the helper refuses is taken back, any other stays saved.
     *
     * @return list<array{code: string, text: string}> why it is not in force
     */
    private function settle(HelperError $error): array
    {
        if ($this->stored !== null && $error->isRefusal()) {
            $this->store->savePolicy($this->before, $this->changeBefore);
            if ($this->wasWithheld) {
                $this->store->withhold();
            }
        }
        if ($this->stored === null || $error->isRefusal()) {
            throw $error;
        }
        // Not in force yet: the next convergence tries again, and the page must say so now.
        Log::warning("the saved policy is not in force yet: {$error->codeWord}: {$error->getMessage()}");

        return [['code' => $error->codeWord, 'text' => ErrorText::ofError($error)]];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\Confirmation;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Peers\OwnWay;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Update\UpdateView;

/**
 * What is in force, and if it is not what was saved, why.
 */
final class StatusReport
{
    /**
     * @return array<string, mixed>
     */
    public static function current(Viewer $viewer): array
    {
        $store = new PolicyStore();
        if ($store->unconfirmed() !== null) {
            // Its time may be up, and whoever rolled it back knows nothing of the settings.
            DesiredState::ofRequest()->decide(static function (Confirmation $confirmation): void {
                $confirmation->reconcile();
            });
        }
        $policy = $store->policy();
        $helper = Helper::installed();
        $status = $helper->run('status', self::question($policy));
        $kernel = $status->data;
        $remarks = Remarks::of($status, $store->isWithheld());
        $isInForce = $remarks->problems === [] && $kernel->flag('active');

        return [
            'enabled' => Module::isEnabled(),
            'firewall' => ['managed' => Firewall::isManaged(), 'enabled' => Firewall::isEnabled()],
            'state' => self::state($kernel, $remarks, $isInForce),
            'inForce' => $isInForce,
            'action' => Policy::actionIn($kernel->object('applied')),
            'problems' => $remarks->problems,
            'warnings' => $remarks->warnings,
            'wanted' => $policy->toArray() + ['revision' => $store->revision()],
            'standIn' => self::standIn($kernel, $policy),
            'data' => DataInUse::of($kernel, $policy),
            'lastRepair' => LastRepair::of($kernel->object('healed')),
            'counts' => self::counts($kernel->object('countries')),
            'own' => self::own($helper, $kernel, $viewer),
            'withheld' => $store->isWithheld(),
            'pending' => $store->unconfirmed()?->pending($kernel->object('change')),
            'rolledBackAt' => $store->rolledBackAt(),
            'update' => UpdateView::current(),
            'kernel' => $kernel->all(),
        ];
    }

    /**
     * The whole in one word.
     */
    private static function state(Fields $kernel, Remarks $remarks, bool $isInForce): string
    {
        return match (true) {
            !Module::isEnabled() => 'off',
            !$isInForce && !$kernel->flag('attached') => 'inactive',
            $remarks->include('policy.drops_nobody') => 'nobody',
            !$isInForce => 'attention',
            Policy::actionIn($kernel->object('applied')) === 'count' => 'learning',
            default => 'active',
        };
    }

    /**
     * Whoever looks, and whether the policy in force drops his next connection: what is open already is never cut, so
     * nothing else would tell him.
     *
     * @return null|array{address: string, isCut: bool} null if nobody does, or from the PBX itself
     */
    private static function own(Helper $helper, Fields $kernel, Viewer $viewer): ?array
    {
        if (!$viewer->isElsewhere()) {
            return null;
        }
        $isCut = $kernel->flag('attached') && OwnWay::isCut($helper, $viewer);

        return ['address' => $viewer->address, 'isCut' => $isCut];
    }

    /**
     * The source that the policy in force is computed from, if it is not the chosen one; null if it is.
     */
    private static function standIn(Fields $kernel, Policy $policy): ?string
    {
        $source = $kernel->object('applied')->string('source');

        return $source === '' || $source === $policy->source ? null : $source;
    }

    /**
     * Is this policy in force, whatever source it rests on?
     *
     * @return array{policy: array<string, mixed>, attach: bool}
     */
    private static function question(Policy $policy): array
    {
        // While the firewall is off nothing leads into the filter, as it should be.
        return ['policy' => $policy->toRequest()['policy'], 'attach' => Firewall::isEnabled()];
    }

    /**
     * How many of the countries that the page lists the saved policy drops.
     *
     * @return array{blocked: int, countries: int}
     */
    private static function counts(Fields $countries): array
    {
        return ['blocked' => $countries->integer('dropped'), 'countries' => $countries->integer('listed')];
    }
}

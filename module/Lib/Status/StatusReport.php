<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\Confirmation;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Peers\OwnWay;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\Update\UpdateView;

/**
 * What is in force, and if it is not what was saved, why.
 */
final class StatusReport
{
    /** What helps, where one click does. */
    private const ACTIONS = [
        'pbx.firewall_off' => 'firewall',
        'pbx.policy_pending' => 'repair',
        'pbx.withheld' => 'enforce',
        'database.missing' => 'update',
        'database.corrupt' => 'update',
        'database.version' => 'update',
        'policy.none' => 'repair',
        'state.plan_unusable' => 'repair',
        'firewall.sets_drifted' => 'repair',
        'firewall.set_options_drifted' => 'repair',
        'firewall.chain_drifted' => 'repair',
        'firewall.not_attached' => 'repair',
        'firewall.accepted_before' => 'firewall',
        'firewall.rule_not_understood' => 'firewall',
        'firewall.trust_not_honoured' => 'firewall',
        'source.family_missing' => 'update',
    ];

    /** What makes a filter useless although all of it is in its place, even if the helper only warns of it. */
    private const IN_VAIN = ['policy.drops_nobody', 'policy.exempts_everybody', 'firewall.accepted_before'];

    /**
     * @return array<string, mixed>
     */
    public static function current(Viewer $viewer): array
    {
        $settings = new SettingsStore();
        if ($settings->unconfirmed() !== null) {
            // Its time may be up, and whoever rolled it back knows nothing of the settings.
            DesiredState::current()->decide(static function (Confirmation $confirmation): void {
                $confirmation->reconcile();
            });
        }
        $policy = $settings->policy();
        $helper = Helper::installed();
        $reply = $helper->run('status');
        $kernel = $reply->data;
        $warnings = [];
        $inVain = [];
        foreach ($reply->warnings as ['code' => $code, 'message' => $message]) {
            if (in_array($code, self::IN_VAIN, true)) {
                $inVain[$code] = self::problem($code, $message);
            } else {
                $warnings[] = self::problem($code, $message);
            }
        }
        $problems = self::problems($kernel, $policy, $settings->isWithheld(), $inVain);
        $isInForce = $problems === [] && $kernel->flag('active');

        return [
            'enabled' => Module::isEnabled(),
            'firewall' => ['managed' => Firewall::isManaged(), 'enabled' => Firewall::isEnabled()],
            'state' => self::state($kernel, $problems, $isInForce),
            'inForce' => $isInForce,
            'action' => self::actionOf($kernel->object('applied')),
            'problems' => $problems,
            'warnings' => $warnings,
            'wanted' => $policy->toArray() + ['revision' => $settings->revision()],
            'standIn' => self::standIn($kernel, $policy),
            'data' => DataInUse::of($kernel, $policy),
            'lastRepair' => LastRepair::of($kernel->object('healed')),
            'counts' => self::counts($helper, $policy),
            'own' => self::own($helper, $kernel, $viewer),
            'withheld' => $settings->isWithheld(),
            'pending' => $settings->unconfirmed()?->pending($kernel->object('change')),
            'rolledBackAt' => $settings->rolledBackAt(),
            'update' => UpdateView::current(),
            'kernel' => $kernel->all(),
        ];
    }

    /**
     * The whole in one word.
     *
     * @param list<array<array-key, mixed>> $problems
     */
    private static function state(Fields $kernel, array $problems, bool $isInForce): string
    {
        return match (true) {
            !Module::isEnabled() => 'off',
            !$isInForce && !$kernel->flag('attached') => 'inactive',
            in_array('policy.drops_nobody', array_column($problems, 'code'), true) => 'nobody',
            !$isInForce => 'attention',
            self::actionOf($kernel->object('applied')) === 'count' => 'learning',
            default => 'active',
        };
    }

    /**
     * Why the saved policy is not in force; first what explains the rest.
     *
     * @param array<string, array{code: string, text: string, action: null|string}> $inVain warnings that are no less
     * @return list<array<array-key, mixed>>
     */
    private static function problems(Fields $kernel, Policy $policy, bool $isWithheld, array $inVain): array
    {
        if (!Module::isEnabled()) {
            return [self::problem('pbx.module_disabled')];
        }
        if (!Firewall::isManaged()) {
            return [self::problem('pbx.firewall_unmanaged')];
        }
        if ($isWithheld) {
            return [self::problem('pbx.withheld')];
        }
        $isOn = Firewall::isEnabled();
        $problems = $isOn ? [] : [self::problem('pbx.firewall_off')];
        foreach ($kernel->objects('problems') as $problem) {
            $code = $problem->string('code');
            unset($inVain[$code]);
            // With the firewall switched off nothing leads into the filter, as it should be.
            if ($isOn || $code !== 'firewall.not_attached') {
                $problems[] = self::problem($code, $problem->string('message')) + $problem->all();
            }
        }
        array_push($problems, ...array_values($inVain));
        if ($kernel->has('applied') && !$policy->isApplied($kernel->object('applied'))) {
            $problems[] = self::problem('pbx.policy_pending');
        }

        return $problems;
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
     * What becomes of the connections that the applied policy is against; the helper leaves out the usual.
     */
    private static function actionOf(Fields $applied): string
    {
        return $applied->object('policy')->string('action', Policy::ACTIONS[0]);
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
     * How many of the countries that the page lists the saved policy drops.
     *
     * @return array{blocked: int, countries: int}
     */
    private static function counts(Helper $helper, Policy $policy): array
    {
        $countries = $helper->run('countries', ['source' => $policy->source])->data->objects('countries');
        $blocked = array_filter(
            $countries,
            static fn (Fields $country): bool => $policy->blocks($country->string('code'))
        );

        return ['blocked' => count($blocked), 'countries' => count($countries)];
    }

    /**
     * @return array{code: string, text: string, action: null|string}
     */
    private static function problem(string $code, string $message = ''): array
    {
        return ['code' => $code, 'text' => ErrorText::of($code, $message), 'action' => self::ACTIONS[$code] ?? null];
    }
}

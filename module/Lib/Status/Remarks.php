<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * Why the saved policy is not in force, and what else there is to know.
 */
final class Remarks
{
    /** A warning of the helper that is a problem here: the filter is whole, but packets never come to it. */
    private const ACCEPTED_BEFORE = 'firewall.accepted_before';

    /** The helper's problem that is none while the PBX's firewall is off: nothing leads into the filter then. */
    private const NOT_ATTACHED = 'firewall.not_attached';

    /**
     * @param list<array<array-key, mixed>> $problems first what explains the rest
     * @param list<array{code: string, text: string, action: null|string}> $warnings
     */
    private function __construct(public readonly array $problems, public readonly array $warnings)
    {
    }

    /**
     * @param Reply $status the helper's
     * @param Policy $policy the saved one
     * @param bool $isWithheld whether nobody kept it when the module was switched on
     */
    public static function of(Reply $status, Policy $policy, bool $isWithheld): self
    {
        $warnings = [];
        $vain = [];
        foreach ($status->warnings as ['code' => $code, 'message' => $message]) {
            if ($code === self::ACCEPTED_BEFORE) {
                $vain[] = Remark::of($code, $message);
            } else {
                $warnings[] = Remark::of($code, $message);
            }
        }
        $reason = self::reasonOfPbx($isWithheld);

        return new self(
            $reason === null ? self::problems($status, $policy, $vain) : [Remark::of($reason)],
            $warnings
        );
    }

    /**
     * True if one of the problems has this code.
     */
    public function include(string $code): bool
    {
        return in_array($code, array_column($this->problems, 'code'), true);
    }

    /**
     * What makes every other problem meaningless; null if nothing does.
     */
    private static function reasonOfPbx(bool $isWithheld): ?string
    {
        return match (true) {
            !Module::isEnabled() => 'pbx.module_disabled',
            !Firewall::isManaged() => 'pbx.firewall_unmanaged',
            $isWithheld => 'pbx.withheld',
            default => null,
        };
    }

    /**
     * @param list<array{code: string, text: string, action: null|string}> $vain
     * @return list<array<array-key, mixed>>
     */
    private static function problems(Reply $status, Policy $policy, array $vain): array
    {
        $isOn = Firewall::isEnabled();
        $problems = $isOn ? [] : [Remark::of('pbx.firewall_off')];
        foreach ($status->data->objects('problems') as $problem) {
            $code = $problem->string('code');
            if ($isOn || $code !== self::NOT_ATTACHED) {
                $problems[] = Remark::of($code, $problem->string('message')) + $problem->all();
            }
        }
        array_push($problems, ...$vain);
        if ($status->data->has('applied') && !$policy->isApplied($status->data->object('applied'))) {
            $problems[] = Remark::of('pbx.policy_pending');
        }

        return $problems;
    }
}

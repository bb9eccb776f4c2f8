<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * Why the saved policy is not in force, and what else there is to know.
 */
final class Remarks
{
    /**
     * @param list<array<array-key, mixed>> $problems first what explains the rest
     * @param list<array{code: string, text: string, action: null|string}> $warnings
     */
    private function __construct(public readonly array $problems, public readonly array $warnings)
    {
    }

    /**
     * @param Reply $status the helper's, asked about the saved policy
     * @param bool $isWithheld whether nobody kept it when the module was switched on
     */
    public static function of(Reply $status, bool $isWithheld): self
    {
        $warnings = array_map(
            static fn (array $one): array => Remark::ofHelper($one['code'], $one['message'], $one['remedy']),
            $status->warnings
        );
        $reason = self::reasonOfPbx($isWithheld);

        return new self($reason === null ? self::problems($status->data) : [Remark::ofPbx($reason)], $warnings);
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
     * @return list<array<array-key, mixed>>
     */
    private static function problems(Fields $status): array
    {
        $problems = Firewall::isEnabled() ? [] : [Remark::ofPbx('pbx.firewall_off')];
        foreach ($status->objects('problems') as $problem) {
            $problems[] = Remark::ofHelper(
                $problem->string('code'),
                $problem->string('message'),
                $problem->string('remedy')
            ) + $problem->all();
        }
        if ($status->has('is_applied') && !$status->flag('is_applied')) {
            $problems[] = Remark::ofPbx('pbx.policy_pending');
        }

        return $problems;
    }
}

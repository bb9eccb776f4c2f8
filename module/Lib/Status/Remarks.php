<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * Why the saved policy is not in force, and what else there is to know.
 */
final class Remarks
{
    private const DISABLED = 'pbx.module_disabled';
    private const FIREWALL_OFF = 'pbx.firewall_off';

    /**
     * @param null|string $ofPbx what only the PBX knows and keeps the policy out of force; null if nothing does
     * @param list<array{code: string, text: string, detail: string, remedy: null|string}> $problems the first explain
     *     the rest
     * @param list<array{code: string, text: string, detail: string, remedy: null|string}> $warnings
     */
    private function __construct(
        private readonly ?string $ofPbx,
        public readonly array $problems,
        public readonly array $warnings
    ) {
    }

    /**
     * @param list<array{code: string, message: string, remedy: string}> $problems the helper's
     * @param list<array{code: string, message: string, remedy: string}> $warnings the helper's
     * @param bool $isWithheld whether nobody kept the policy when the module was switched on
     */
    public static function of(array $problems, array $warnings, bool $isWithheld): self
    {
        $ofPbx = match (true) {
            !Module::isEnabled() => self::DISABLED,
            !Firewall::isManaged() => 'pbx.firewall_unmanaged',
            $isWithheld => 'pbx.withheld',
            !Firewall::isEnabled() => self::FIREWALL_OFF,
            default => null,
        };
        // Whatever else the PBX knows leaves the helper's problems no meaning, and no use to what would help.
        $hasMeaning = $ofPbx === null || $ofPbx === self::FIREWALL_OFF;

        return new self(
            $ofPbx,
            [
                ...($ofPbx === null ? [] : [Remark::ofPbx($ofPbx)]),
                ...array_map(static fn (array $one): array => Remark::ofHelper($one), $hasMeaning ? $problems : []),
            ],
            array_map(static fn (array $one): array => Remark::ofHelper($one, $hasMeaning), $warnings)
        );
    }

    /**
     * The whole in one word: the helper's, unless the PBX keeps the policy out of force.
     */
    public function state(string $ofHelper): string
    {
        return match ($this->ofPbx) {
            null => $ofHelper,
            self::DISABLED => 'off',
            default => 'inactive',
        };
    }
}

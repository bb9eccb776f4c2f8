<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Reply;

/**
 * What a convergence led to.
 */
final class Outcome
{
    /** The policy is in force. */
    public const ENFORCED = 'enforced';
    /** The policy is in the kernel, and takes effect when the PBX's firewall is switched on. */
    public const PREPARED = 'prepared';
    /** The policy is saved and not in force: nobody kept it when the module was switched on. */
    public const WITHHELD = 'withheld';

    /** This system's firewall is not Core's to manage. */
    public const UNMANAGED = 'unmanaged';
    /** The module is off: nothing of ours is in the kernel. */
    public const OFF = 'off';

    /**
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     * @param null|Fields $change what the helper says of the last change that was to be confirmed
     * @param list<array{code: string, message: string, remedy: string}> $problems why the policy drops nobody, if so
     * @param list<string> $repaired what was not as it should be, if that was looked at
     * @param int $times how many repairs of the same there were in a row
     * @param bool $isRecurring whether the same keeps coming back
     */
    public function __construct(
        public readonly string $state,
        public readonly array $warnings = [],
        public readonly ?Fields $change = null,
        public readonly array $problems = [],
        public readonly array $repaired = [],
        public readonly int $times = 0,
        public readonly bool $isRecurring = false
    ) {
    }

    /**
     * The same outcome, after a repair.
     */
    public function after(Reply $healed): self
    {
        $repaired = array_map(
            static fn (Fields $drift): string => $drift->string('message'),
            $healed->data->objects('repaired')
        );

        return new self(
            $this->state,
            $this->warnings,
            $this->change,
            $this->problems,
            $repaired,
            $healed->data->integer('times'),
            $healed->data->flag('recurring')
        );
    }
}

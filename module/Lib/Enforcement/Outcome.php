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
     * @param null|string $source the source that the policy in force is computed from
     * @param list<array{code: string, message: string}> $warnings
     * @param list<array{code: string, message: string}> $repaired what was not as it should be, if that was looked at
     * @param int $times how many repairs of the same there were in a row
     */
    public function __construct(
        public readonly string $state,
        public readonly ?string $source = null,
        public readonly array $warnings = [],
        public readonly array $repaired = [],
        public readonly int $times = 0
    ) {
    }

    /**
     * The same outcome, after a repair.
     */
    public function after(Reply $healed): self
    {
        $repaired = array_map(
            static fn (Fields $drift): array => [
                'code' => $drift->string('code'),
                'message' => $drift->string('message'),
            ],
            $healed->data->objects('repaired')
        );

        return new self($this->state, $this->source, $this->warnings, $repaired, $healed->data->integer('times'));
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\State;

/**
 * What a convergence led to.
 */
final class Outcome
{
    /** The policy is in force. */
    public const ENFORCED = 'enforced';
    /** The policy is in the kernel, and takes effect when the PBX's firewall is switched on. */
    public const PREPARED = 'prepared';
    /** This system's firewall is not Core's to manage. */
    public const UNMANAGED = 'unmanaged';
    /** The module is off: nothing of ours is in the kernel. */
    public const OFF = 'off';

    /**
     * @param null|string $source the source that the policy in force is computed from
     * @param list<array{code: string, message: string}> $warnings
     */
    public function __construct(
        public readonly string $state,
        public readonly ?string $source = null,
        public readonly array $warnings = []
    ) {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * An exception: a subnet that passes whatever its country, why, and until when.
 */
final class ExceptedSubnet
{
    /**
     * @param string $subnet a CIDR block as the helper writes it
     * @param null|string $expiresAt when it ends, as the helper writes it: RFC 3339 in UTC, in whole seconds; null if
     *     it does not
     */
    public function __construct(
        public readonly string $subnet,
        public readonly string $note = '',
        public readonly ?string $expiresAt = null
    ) {
    }

    /**
     * @return array{subnet: string, note: string, expires_at: null|string}
     */
    public function toArray(): array
    {
        return ['subnet' => $this->subnet, 'note' => $this->note, 'expires_at' => $this->expiresAt];
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return $this->subnet
            . ($this->expiresAt === null ? '' : " until $this->expiresAt")
            . ($this->note === '' ? '' : " ($this->note)");
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use DateTimeImmutable;

/**
 * An exception from the policy: who passes whatever his country, why, and until when.
 */
final class Exemption
{
    /**
     * @param string $subnet a CIDR block in its canonical form
     * @param null|string $expires the moment from which on it counts no more, RFC 3339 in UTC; null for a lasting one
     */
    public function __construct(
        public readonly string $subnet,
        public readonly string $note = '',
        public readonly ?string $expires = null
    ) {
    }

    public function isOver(int $now): bool
    {
        return $this->expires !== null && (new DateTimeImmutable($this->expires))->getTimestamp() <= $now;
    }

    /**
     * @return array{subnet: string, note: string, expires: null|string}
     */
    public function toArray(): array
    {
        return ['subnet' => $this->subnet, 'note' => $this->note, 'expires' => $this->expires];
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return $this->subnet
            . ($this->expires === null ? '' : " until $this->expires")
            . ($this->note === '' ? '' : " ($this->note)");
    }
}

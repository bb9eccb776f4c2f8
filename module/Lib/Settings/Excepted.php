<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Stringable;

/**
 * An exception: who passes whatever the country, why, and until when.
 */
final class Excepted implements Stringable
{
    public const SUBNET = 'subnet';
    public const HOST = 'host';
    public const PHONE = 'phone';

    public const KINDS = [self::SUBNET, self::HOST, self::PHONE];

    /**
     * @param string $kind of `KINDS`, and the name of the field that says who
     * @param string $who a CIDR block, the name of a host or that of an extension, as the helper writes it
     * @param null|string $expiresAt when it ends, as the helper writes it: RFC 3339 in UTC, in whole seconds; null if
     *     it does not
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $who,
        public readonly string $note = '',
        public readonly ?string $expiresAt = null
    ) {
    }

    /**
     * @return array<string, null|string> `subnet`, `host` or `phone`, and `note` and `expires_at`
     */
    public function toArray(): array
    {
        return [$this->kind => $this->who, 'note' => $this->note, 'expires_at' => $this->expiresAt];
    }

    /**
     * The exception as the helper takes it: without its note.
     *
     * @return array<string, string>
     */
    public function toRequest(): array
    {
        return [$this->kind => $this->who] + ($this->expiresAt === null ? [] : ['expires_at' => $this->expiresAt]);
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return ($this->kind === self::PHONE ? "phone $this->who" : $this->who)
            . ($this->expiresAt === null ? '' : " until $this->expiresAt")
            . ($this->note === '' ? '' : " ($this->note)");
    }
}

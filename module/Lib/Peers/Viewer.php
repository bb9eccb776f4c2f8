<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Stringable;

/**
 * Whoever has the page open or sends a request: the address of the browser, how it comes, and the user's name.
 */
final class Viewer implements Stringable
{
    public const HTTPS = 'https';
    public const HTTP = 'http';
    public const SCHEMES = [self::HTTPS, self::HTTP];

    /** The address of the browser, as the web server says; empty on the PBX itself. */
    public readonly string $address;

    /** The way to the page: https or http. */
    public readonly string $scheme;

    public function __construct(string $address, string $scheme = self::HTTPS, public readonly string $name = '')
    {
        $this->address = trim($address);
        $this->scheme = $scheme === self::HTTP ? self::HTTP : self::HTTPS;
    }

    /**
     * No person: a task of cron, or Core itself.
     */
    public static function nobody(): self
    {
        return new self('');
    }

    /**
     * True if there is an address to judge; requests from the PBX itself have none.
     */
    public function isElsewhere(): bool
    {
        return $this->address !== '';
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return sprintf(
            '%s from %s',
            $this->name === '' ? 'an administrator' : $this->name,
            $this->isElsewhere() ? $this->address : 'the PBX itself'
        );
    }
}

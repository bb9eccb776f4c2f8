<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

/**
 * Somebody whom the administrator would miss: one name, one address.
 */
final class Peer
{
    /** Whoever asks. */
    public const OWN = 'own';
    public const PROVIDER = 'provider';
    public const PHONE = 'phone';

    public function __construct(
        public readonly string $kind,
        public readonly string $name,
        public readonly string $address
    ) {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

/**
 * Somebody whom the administrator would miss: one name, one address, and the ways by which he comes.
 */
final class Peer
{
    /** Whoever asks. */
    public const OWN = 'own';
    public const PROVIDER = 'provider';
    public const PHONE = 'phone';

    /**
     * @param list<Way> $ways
     * @param null|string $phone the name of the extension; null for who is no phone
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $name,
        public readonly string $address,
        public readonly array $ways,
        public readonly ?string $phone = null
    ) {
    }
}

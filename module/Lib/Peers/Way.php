<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * A way into the PBX: what it is for, a protocol and a port.
 */
final class Way
{
    public const WEB = 'web';
    public const SIP = 'sip';
    public const RTP = 'rtp';
    public const IAX = 'iax';

    public function __construct(
        public readonly string $purpose,
        public readonly string $protocol,
        public readonly int $port
    ) {
    }

    /**
     * A new connection by this way, as the helper is asked about it.
     *
     * @return array{address: string, protocol: string, port: int}
     */
    public function from(string $address): array
    {
        return ['address' => $address, 'protocol' => $this->protocol, 'port' => $this->port];
    }

    /**
     * True if a policy closes the way to somebody.
     *
     * @param Fields $answer what the helper says of an address, or of a way from there
     */
    public static function isCut(Fields $answer): bool
    {
        // Without a word on the rules the policy alone decides: one question too many rather than one too few.
        return $answer->string('verdict') === 'drop'
            && $answer->object('passage')->string('outcome') !== 'accepted';
    }

    public function __toString(): string
    {
        return "$this->port/$this->protocol";
    }
}

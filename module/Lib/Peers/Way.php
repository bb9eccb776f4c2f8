<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * A way into the PBX: what it is for, a protocol and a port, or a range of them.
 */
final class Way
{
    public const WEB = 'web';
    public const SSH = 'ssh';
    public const SIP = 'sip';
    public const RTP = 'rtp';
    public const IAX = 'iax';

    public function __construct(
        public readonly string $purpose,
        public readonly string $protocol,
        public readonly int $port,
        public readonly ?int $lastPort = null
    ) {
    }

    /**
     * New connections by this way, as the helper is asked about them.
     *
     * @return array{address: string, protocol: string, port: int, last_port?: int}
     */
    public function from(string $address): array
    {
        return ['address' => $address, 'protocol' => $this->protocol, 'port' => $this->port]
            + ($this->lastPort === null ? [] : ['last_port' => $this->lastPort]);
    }

    /**
     * False if the answer is about the address alone, as it is without the firewall's rules.
     */
    public function isAnsweredBy(Fields $answer): bool
    {
        return $answer->has('protocol');
    }

    public function __toString(): string
    {
        $ports = $this->lastPort === null ? "$this->port" : "$this->port-$this->lastPort";

        return "$ports/$this->protocol";
    }
}

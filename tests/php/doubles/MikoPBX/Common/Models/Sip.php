<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

class Sip extends ModelsBase
{
    public const TRANSPORT_AUTO = 'udp,tcp';
    public const TRANSPORT_UDP = 'udp';
    public const TRANSPORT_TCP = 'tcp';
    public const TRANSPORT_TLS = 'tls';

    public $id;
    public ?string $uniqid = '';
    public ?string $type = '';
    public ?string $disabled = '';
    public ?string $host = '';
    public ?string $port = '5060';
    public ?string $outbound_proxy = '';
    public ?string $transport = '';
    public ?string $description = '';

    public function initialize(): void
    {
        $this->setSource('m_Sip');
    }
}

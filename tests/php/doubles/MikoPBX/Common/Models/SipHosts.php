<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

class SipHosts extends ModelsBase
{
    public $id;
    public ?string $provider_id = '';
    public ?string $address = '';

    public function initialize(): void
    {
        $this->setSource('m_SipHosts');
    }
}

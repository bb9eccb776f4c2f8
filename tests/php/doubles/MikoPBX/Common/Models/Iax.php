<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

class Iax extends ModelsBase
{
    public $id;
    public ?string $uniqid = '';
    public ?string $disabled = '';
    public ?string $host = '';
    public ?string $description = '';

    public function initialize(): void
    {
        $this->setSource('m_Iax');
    }
}

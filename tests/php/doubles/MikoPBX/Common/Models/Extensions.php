<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

/**
 * @method static null|self findFirstByNumber(string $number)
 */
class Extensions extends ModelsBase
{
    public $id;
    public ?string $number = '';
    public ?string $callerid = '';

    public function initialize(): void
    {
        $this->setSource('m_Extensions');
    }
}

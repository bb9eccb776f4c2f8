<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

/**
 * @method static null|self findFirstByUniqid(string $uniqid)
 */
class PbxExtensionModules extends ModelsBase
{
    public $id;
    public ?string $uniqid = '';
    public ?string $name = '';
    public ?string $version = '';
    public ?string $disabled = '1';

    public function initialize(): void
    {
        $this->setSource('m_PbxExtensionModules');
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

/**
 * @method static null|self findFirstByKey(string $key)
 */
class PbxSettings extends ModelsBase
{
    public const PBX_FIREWALL_ENABLED = 'PBXFirewallEnabled';
    public const SYSTEM_NOTIFICATIONS_EMAIL = 'SystemNotificationsEmail';
    public const WEB_ADMIN_LANGUAGE = 'WebAdminLanguage';

    public ?string $key = '';
    public ?string $value = '';

    public function initialize(): void
    {
        $this->setSource('m_PbxSettings');
    }

    public static function getValueByKey(string $key, bool $useCache = true): string
    {
        $row = self::findFirstByKey($key);

        return $row === null ? '' : (string)$row->value;
    }
}

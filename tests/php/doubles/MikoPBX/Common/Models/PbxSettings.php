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
    public const WEB_PORT = 'WEBPort';
    public const WEB_HTTPS_PORT = 'WEBHTTPSPort';
    public const SSH_PORT = 'SSHPort';
    public const AMI_PORT = 'AMIPort';
    public const AJAM_PORT = 'AJAMPort';
    public const SIP_PORT = 'SIPPort';
    public const TLS_PORT = 'TLS_PORT';
    public const RTP_PORT_FROM = 'RTPPortFrom';
    public const RTP_PORT_TO = 'RTPPortTo';
    public const IAX_PORT = 'IAXPort';
    public const AJAM_PORT_TLS = 'AJAMPortTLS';
    public const USE_WEB_RTC = 'UseWebRTC';

    private const DEFAULTS = [
        self::WEB_PORT => '80',
        self::WEB_HTTPS_PORT => '443',
        self::SSH_PORT => '22',
        self::AMI_PORT => '5038',
        self::AJAM_PORT => '8088',
        self::SIP_PORT => '5060',
        self::TLS_PORT => '5061',
        self::RTP_PORT_FROM => '10000',
        self::RTP_PORT_TO => '10200',
        self::IAX_PORT => '4569',
        self::AJAM_PORT_TLS => '8089',
        self::USE_WEB_RTC => '0',
    ];

    public ?string $key = '';
    public ?string $value = '';

    public function initialize(): void
    {
        $this->setSource('m_PbxSettings');
    }

    public static function getValueByKey(string $key, bool $useCache = true): string
    {
        $row = self::findFirstByKey($key);

        return $row === null ? self::DEFAULTS[$key] ?? '' : (string)$row->value;
    }
}

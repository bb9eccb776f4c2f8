<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Models\PbxSettings;

/**
 * The TCP ports by which the PBX is administered, by its own settings.
 */
final class AdminPorts
{
    private const CONSOLES = 'consoles';
    private const WEB = 'web';

    public const SERVICES = [self::CONSOLES, self::WEB];

    private const SETTINGS = [
        self::CONSOLES => [
            PbxSettings::SSH_PORT,
            PbxSettings::AMI_PORT,
            PbxSettings::AJAM_PORT,
            PbxSettings::AJAM_PORT_TLS,
        ],
        self::WEB => [PbxSettings::WEB_PORT, PbxSettings::WEB_HTTPS_PORT],
    ];

    /** Calls come by these. */
    private const OF_CALLS = [PbxSettings::SIP_PORT, PbxSettings::TLS_PORT, PbxSettings::IAX_PORT];

    private const HIGHEST = 65535;

    /**
     * The ports of some of the services, in order. A port that is not set, or that calls come by, too, is left out.
     *
     * @param list<string> $services
     * @return list<int>
     */
    public static function of(array $services): array
    {
        $settings = array_merge(...array_values(array_intersect_key(self::SETTINGS, array_flip($services))));
        $ports = array_unique(array_filter(array_map(self::port(...), $settings)));
        sort($ports);

        return array_values(array_filter($ports, static fn (int $port): bool => !self::isOfCalls($port)));
    }

    /**
     * True if the ports may be others once this setting of the PBX has changed.
     */
    public static function dependOn(string $setting): bool
    {
        return in_array($setting, [
            ...array_merge(...array_values(self::SETTINGS)),
            ...self::OF_CALLS,
            PbxSettings::RTP_PORT_FROM,
            PbxSettings::RTP_PORT_TO,
            PbxSettings::USE_WEB_RTC,
        ], true);
    }

    private static function isOfCalls(int $port): bool
    {
        $settings = self::OF_CALLS;
        if (PbxSettings::getValueByKey(PbxSettings::USE_WEB_RTC) !== '0') {
            // Phones in browsers come by Asterisk's web server.
            $settings[] = PbxSettings::AJAM_PORT_TLS;
        }
        $first = self::port(PbxSettings::RTP_PORT_FROM);
        // An end that is not set ends nothing: the first port is the range then.
        $isMedia = $first !== null && $port >= $first && $port <= (self::port(PbxSettings::RTP_PORT_TO) ?? $first);

        return $isMedia || in_array($port, array_map(self::port(...), $settings), true);
    }

    /**
     * What a setting says; null if that can be no port.
     */
    private static function port(string $setting): ?int
    {
        $port = filter_var(
            PbxSettings::getValueByKey($setting),
            FILTER_VALIDATE_INT,
            ['options' => ['min_range' => 1, 'max_range' => self::HIGHEST]]
        );

        return is_int($port) ? $port : null;
    }
}

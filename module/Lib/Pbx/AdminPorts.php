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
    public const CONSOLES = 'consoles';
    public const WEB = 'web';

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

    /** Calls come by these over TCP, too. */
    private const OF_CALLS = [PbxSettings::SIP_PORT, PbxSettings::TLS_PORT];

    private const HIGHEST = 65535;

    /**
     * The ports of some of the services that can be closed, in order: those that calls come by, too, cannot.
     *
     * @param list<string> $services
     * @return list<int>
     */
    public static function of(array $services): array
    {
        return array_values(array_diff(self::all($services), self::ofCalls()));
    }

    /**
     * The ports of some of the services that stay open, because calls come by them, too.
     *
     * @param list<string> $services
     * @return list<int>
     */
    public static function sharedWithCalls(array $services): array
    {
        return array_values(array_intersect(self::all($services), self::ofCalls()));
    }

    /**
     * True if the ports may be others once this setting of the PBX has changed.
     */
    public static function dependOn(string $setting): bool
    {
        $settings = [...array_merge(...array_values(self::SETTINGS)), ...self::OF_CALLS, PbxSettings::USE_WEB_RTC];

        return in_array($setting, $settings, true);
    }

    /**
     * The ports that are set for some of the services, in order, none twice.
     *
     * @param list<string> $services
     * @return list<int>
     */
    private static function all(array $services): array
    {
        $settings = array_merge(...array_values(array_intersect_key(self::SETTINGS, array_flip($services))));
        $ports = array_unique(array_filter(array_map(self::port(...), $settings)));
        sort($ports);

        return $ports;
    }

    /**
     * @return list<int>
     */
    private static function ofCalls(): array
    {
        $settings = self::OF_CALLS;
        if (PbxSettings::getValueByKey(PbxSettings::USE_WEB_RTC) !== '0') {
            // Phones in browsers come by Asterisk's web server.
            $settings[] = PbxSettings::AJAM_PORT_TLS;
        }

        return array_values(array_filter(array_map(self::port(...), $settings)));
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

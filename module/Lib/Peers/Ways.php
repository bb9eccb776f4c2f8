<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\PbxSettings;
use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * Who uses which ways into the PBX, by the ports that it is set to.
 */
final class Ways
{
    private const TRANSPORT = '/;transport=([a-z]+)/i';

    /** What Core says of a provider's transport that is left to both sides. */
    public const EITHER = 'udp,tcp';

    /**
     * The web interface, as a browser comes to it.
     *
     * @return list<Way>
     */
    public static function ofBrowser(Viewer $viewer): array
    {
        $key = $viewer->scheme === Viewer::HTTP ? PbxSettings::WEB_PORT : PbxSettings::WEB_HTTPS_PORT;

        return self::set([[Way::WEB, 'tcp', $key]]);
    }

    /**
     * What a registered phone or provider uses, by the transport that its contact names.
     *
     * @return list<Way>
     */
    public static function ofContact(string $uri): array
    {
        $parts = [];
        preg_match(self::TRANSPORT, $uri, $parts);
        $plain = str_starts_with(ltrim(strtolower($uri), ' <'), 'sips:') ? 'tls' : 'udp';

        return self::ofSip(strtolower($parts[1] ?? $plain));
    }

    /**
     * What a provider of SIP uses; by the transport that it is set to, or, if that is left to both sides, by UDP.
     *
     * @return list<Way>
     */
    public static function ofProvider(string $transport): array
    {
        return self::ofSip($transport === self::EITHER ? 'udp' : $transport);
    }

    /**
     * One port for everything that is said.
     *
     * @return list<Way>
     */
    public static function ofIax(): array
    {
        return self::set([[Way::IAX, 'udp', PbxSettings::IAX_PORT]]);
    }

    /**
     * What is asked about an address that may be anybody's; of SSH, too, where that is open to a few countries only.
     *
     * @return list<Way>
     */
    public static function common(Viewer $viewer, Policy $policy): array
    {
        $isRestricted = in_array(AdminPorts::CONSOLES, $policy->admin->services ?? [], true);
        $ssh = $isRestricted ? self::set([[Way::SSH, 'tcp', PbxSettings::SSH_PORT]]) : [];

        return [...self::ofBrowser($viewer), ...$ssh, ...self::ofSip('udp')];
    }

    /**
     * Signalling, and the range of ports for the media that goes with it.
     *
     * @return list<Way>
     */
    private static function ofSip(string $transport): array
    {
        $signalling = match ($transport) {
            'tcp' => [Way::SIP, 'tcp', PbxSettings::SIP_PORT],
            'tls' => [Way::SIP, 'tcp', PbxSettings::TLS_PORT],
            // Asterisk takes phones in browsers at the port of its own web server.
            'ws', 'wss' => [Way::SIP, 'tcp', PbxSettings::AJAM_PORT_TLS],
            default => [Way::SIP, 'udp', PbxSettings::SIP_PORT],
        };

        $media = [Way::RTP, 'udp', PbxSettings::RTP_PORT_FROM, PbxSettings::RTP_PORT_TO];

        return self::set([$signalling, $media]);
    }

    /**
     * Those of the ways whose port is set. Whether it can be one, the helper says.
     *
     * @param list<array{0: string, 1: string, 2: string, 3?: string}> $wanted purpose, protocol and the settings of the
     *     port and of the last one of a range
     * @return list<Way>
     */
    private static function set(array $wanted): array
    {
        $ways = [];
        foreach ($wanted as $way) {
            [$purpose, $protocol, $first] = $way;
            $port = (int)PbxSettings::getValueByKey($first);
            if ($port !== 0) {
                // An end that is not set ends nothing: the first port is the range then.
                $last = isset($way[3]) ? (int)PbxSettings::getValueByKey($way[3]) ?: null : null;
                $ways[] = new Way($purpose, $protocol, $port, $last);
            }
        }

        return $ways;
    }
}

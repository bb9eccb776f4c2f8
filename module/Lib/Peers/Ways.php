<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Common\Models\Sip;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;

/**
 * Who uses which ways into the PBX, by the ports that it is set to.
 */
final class Ways
{
    private const TRANSPORT = '/;transport=([a-z]+)/i';

    /**
     * What the helper is asked about addresses and ways. Where the firewall is off its rules say nothing of what they
     * will be.
     *
     * @param list<string|array{address: string, protocol: string, port: int}> $asked
     * @return array{addresses: list<string|array{address: string, protocol: string, port: int}>, rules: bool}
     */
    public static function question(array $asked): array
    {
        return ['addresses' => $asked, 'rules' => Firewall::isAtWork()];
    }

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
        return self::ofSip($transport === Sip::TRANSPORT_AUTO ? Sip::TRANSPORT_UDP : $transport);
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
     * What is asked about an address that may be anybody's.
     *
     * @return list<Way>
     */
    public static function common(Viewer $viewer): array
    {
        return [...self::ofBrowser($viewer), ...self::ofSip(Sip::TRANSPORT_UDP)];
    }

    /**
     * Signalling, and the media that goes with it: one port of its range stands for all.
     *
     * @return list<Way>
     */
    private static function ofSip(string $transport): array
    {
        $signalling = match ($transport) {
            Sip::TRANSPORT_TCP => [Way::SIP, 'tcp', PbxSettings::SIP_PORT],
            Sip::TRANSPORT_TLS => [Way::SIP, 'tcp', PbxSettings::TLS_PORT],
            // Asterisk takes phones in browsers at the port of its own web server.
            'ws', 'wss' => [Way::SIP, 'tcp', PbxSettings::AJAM_PORT_TLS],
            default => [Way::SIP, 'udp', PbxSettings::SIP_PORT],
        };

        return self::set([$signalling, [Way::RTP, 'udp', PbxSettings::RTP_PORT_FROM]]);
    }

    /**
     * Those of the ways whose port is set.
     *
     * @param list<array{string, string, string}> $wanted purpose, protocol and the setting of the port
     * @return list<Way>
     */
    private static function set(array $wanted): array
    {
        $ways = [];
        foreach ($wanted as [$purpose, $protocol, $key]) {
            $port = (int)PbxSettings::getValueByKey($key);
            if ($port > 0 && $port <= 0xffff) {
                $ways[] = new Way($purpose, $protocol, $port);
            }
        }

        return $ways;
    }
}

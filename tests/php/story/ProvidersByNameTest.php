<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * A provider whose port nobody set is looked for by its name, and by NAPTR or else by SRV, as Asterisk does.
 */
final class ProvidersByNameTest extends EnabledModuleTestCase
{
    private const HOST = 'provider.test';

    /** What its name leads to: its web page, or its only server. */
    private const PAGE = '1.0.1.1';
    private const EDGE = '1.0.1.2';
    private const OTHER_EDGE = '1.0.1.3';
    private const EDGE_V6 = '2001:250::2';

    private const ADDRESSES = [
        'A provider.test' => [self::PAGE],
        'A edge.test' => [self::EDGE],
        'AAAA edge.test' => [self::EDGE_V6],
        'A other-edge.test' => [self::OTHER_EDGE],
    ];

    private const SERVERS = ['SRV _sip._udp.provider.test' => ['edge.test', 'other-edge.test']];

    private const POINTER = [
        'NAPTR provider.test' => ['SIP+D2U _sip._udp.elsewhere.test', 'SIPS+D2T _sips._tcp.elsewhere.test'],
        'SRV _sip._udp.elsewhere.test' => ['other-edge.test'],
        'SRV _sips._tcp.elsewhere.test' => ['edge.test'],
    ];

    public static function providers(): array
    {
        $udp = ['port' => '', 'transport' => 'udp'];

        return [
            'by its name where there is nothing else' => [$udp, [], [self::PAGE]],
            'by the servers of its transport' => [
                $udp,
                self::SERVERS,
                [self::PAGE, self::EDGE, self::EDGE_V6, self::OTHER_EDGE],
            ],
            'not by those of another transport' => [['transport' => 'tls'] + $udp, self::SERVERS, [self::PAGE]],
            'by those of either, where that is left open' => [
                ['transport' => 'udp,tcp'] + $udp,
                ['SRV _sip._tcp.provider.test' => ['other-edge.test']],
                [self::PAGE, self::OTHER_EDGE],
            ],
            'by what it points to, before its own servers' => [
                $udp,
                self::POINTER + self::SERVERS,
                [self::PAGE, self::OTHER_EDGE],
            ],
            'by its own servers if it points nowhere' => [
                $udp,
                ['NAPTR provider.test' => ['SIP+D2U _sip._udp.nowhere.test']] + self::SERVERS,
                [self::PAGE, self::EDGE, self::EDGE_V6, self::OTHER_EDGE],
            ],
            'by its name if it has a port' => [['port' => '5060'] + $udp, self::SERVERS, [self::PAGE]],
            'by its name if the port stands behind it' => [
                ['host' => self::HOST . ':5070'] + $udp,
                self::SERVERS,
                [self::PAGE],
            ],
            'so is its proxy' => [
                ['host' => '', 'outbound_proxy' => self::HOST] + $udp,
                self::SERVERS,
                [self::PAGE, self::EDGE, self::EDGE_V6, self::OTHER_EDGE],
            ],
            'by no more servers than anybody has' => [
                $udp,
                ['SRV _sip._udp.provider.test' => [
                    ...array_map(static fn (int $number): string => "nobody-$number.test", range(1, 16)),
                    'edge.test',
                ]],
                [self::PAGE],
            ],
        ];
    }

    /**
     * @dataProvider providers
     * @param array<string, string> $provider
     * @param array<string, list<string>> $records
     * @param list<string> $addresses
     */
    public function testAProviderIsFoundAsAsteriskFindsIt(array $provider, array $records, array $addresses): void
    {
        $this->pbx->serveNames($records + self::ADDRESSES);
        $this->record($provider);
        $answer = $this->affected(['CN']);
        self::assertEqualsCanonicalizing($addresses, array_column($answer['affected'], 'address'));
        self::assertSame([], $answer['warnings']);
    }

    /**
     * @dataProvider troubles
     */
    public function testWhereNobodyTellsItIsNotKnownWhetherProvidersAreCutOff(string $trouble): void
    {
        $this->pbx->{$trouble}();
        $this->record(['port' => '', 'transport' => 'udp']);
        $answer = $this->affected(['CN']);
        self::assertNull($answer['affected']);
        self::assertSame(['pbx.providers_unknown'], array_column($answer['warnings'], 'code'));
        self::assertSame([], $this->affected([])['affected'], 'a policy that drops nobody cuts nobody off');
        $own = $this->affected(['CN'], self::PAGE);
        self::assertSame(['own'], array_column($own['affected'], 'kind'), 'whoever is found is named');
    }

    public static function troubles(): array
    {
        return ['a name server that never answers' => ['silenceNames'], 'one that is out of order' => ['breakNames']];
    }

    public function testNoFilterIsLeftOutOfForceOnlyBecauseNobodyTellsWhereProvidersAre(): void
    {
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $this->pbx->act('disable');
        $this->pbx->silenceNames();
        $this->record(['port' => '', 'transport' => 'udp']);
        $this->pbx->act('enable');
        self::assertTrue($this->pbx->drops(self::PAGE));
        self::assertNull($this->pbx->rest('Status', 'getList')['data']['trial']);
    }

    /**
     * @param array<string, string> $provider
     */
    private function record(array $provider): void
    {
        $this->pbx->act('record', 'Sip', $provider + [
            'uniqid' => 'SIP-TRUNK-1',
            'type' => 'friend',
            'description' => 'Provider',
            'host' => self::HOST,
        ]);
    }

    /**
     * @param list<string> $countries
     * @return array<string, mixed>
     */
    private function affected(array $countries, string $from = '8.8.8.8'): array
    {
        return $this->pbx->rest('Policy', 'affected', ['countries' => $countries], $from)['data'];
    }
}

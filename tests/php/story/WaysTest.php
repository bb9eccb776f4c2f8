<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Somebody is cut off if a way that he uses is closed, whatever else is open to him.
 */
final class WaysTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const IN_CHINA_V6 = '2001:250::1';

    public function testAnAdministratorWhoIsTrustedForSipAloneIsCutOffAndCannotKeepWhatDoesThat(): void
    {
        $this->letIn('-s 1.0.1.0/24 -p udp -m multiport --dports 5060,10000:10200');
        self::assertSame(['own' => ['443/tcp']], $this->cut(self::IN_CHINA));
        $this->contact('sip:201@1.0.1.1:5060');
        self::assertSame([], $this->cut('8.8.8.8'), 'the phone beside him keeps its ways');
        $trial = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN'], 'confirm' => true])['data']['trial'];
        $refused = $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']], self::IN_CHINA);
        self::assertSame(409, $refused['httpCode']);
        $this->letIn('-s 1.0.1.1 -p tcp --dport 443');
        $kept = $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']], self::IN_CHINA);
        self::assertSame(200, $kept['httpCode']);
    }

    public function testTheWebPortIsTheOneByWhichThePageIsOpen(): void
    {
        $this->pbx->act('setting', 'WEBHTTPSPort', '8443');
        $this->letIn('-s 1.0.1.0/24 -p tcp --dport 8443');
        self::assertSame([], $this->cut(self::IN_CHINA));
        self::assertSame(['own' => ['80/tcp']], $this->cut(self::IN_CHINA, ['scheme' => 'http']));
        $refused = $this->pbx->rest('Policy', 'affected', ['countries' => ['CN'], 'scheme' => 'ftp']);
        self::assertSame([422, 'scheme'], [$refused['httpCode'], $refused['data']['error']['field']]);
    }

    public function testARuleForEverybodyButSomebodyTrustsNobodyByName(): void
    {
        $this->letIn('! -s 36.110.0.0/16 -p tcp --dport 22');
        self::assertSame(['own' => ['443/tcp']], $this->cut(self::IN_CHINA));
    }

    public function testAProviderWhoseVoiceIsClosedIsCutOffThoughItsCallsGetIn(): void
    {
        $trunk = ['uniqid' => 'SIP-TRUNK-1', 'type' => 'friend', 'description' => 'Trunk', 'host' => self::IN_CHINA];
        $this->pbx->act('record', 'Sip', $trunk + ['transport' => 'udp,tcp']);
        $this->letIn('-s 1.0.1.1 -p udp --dport 5060');
        self::assertSame(['provider' => ['10000-10200/udp']], $this->cut('8.8.8.8'));
        $this->letIn('-s 1.0.1.1 -p udp --dport 10000:10199');
        self::assertSame(['provider' => ['10000-10200/udp']], $this->cut('8.8.8.8'), 'one port of it is closed');
        $this->letIn('-s 1.0.1.1 -p udp --dport 10200');
        self::assertSame([], $this->cut('8.8.8.8'));
    }

    /**
     * @dataProvider transports
     */
    public function testAPhoneUsesThePortOfItsTransport(string $uri, string $way): void
    {
        $this->pbx->act('setting', 'SIPPort', '5070');
        $this->contact($uri);
        self::assertSame(['phone' => [$way, '10000-10200/udp']], $this->cut('8.8.8.8'));
    }

    public static function transports(): array
    {
        return [
            'none named' => ['sip:201@1.0.1.1:1234', '5070/udp'],
            'UDP' => ['sip:201@1.0.1.1:1234;transport=UDP;ob', '5070/udp'],
            'TCP' => ['sip:201@1.0.1.1:1234;transport=TCP', '5070/tcp'],
            'TLS' => ['sip:201@1.0.1.1:1234;transport=tls', '5061/tcp'],
            'secure by its name' => ['sips:201@1.0.1.1:1234', '5061/tcp'],
            'a browser' => ['sip:abc@1.0.1.1:1234;transport=ws', '8089/tcp'],
            'IPv4 inside IPv6' => ['sip:201@[::ffff:1.0.1.1]:1234', '5070/udp'],
        ];
    }

    public function testIaxHasOnePortForAll(): void
    {
        $trunk = ['uniqid' => 'IAX-TRUNK-1', 'description' => 'Trunk', 'host' => self::IN_CHINA];
        $this->pbx->act('record', 'Iax', $trunk);
        self::assertSame(['provider' => ['4569/udp']], $this->cut('8.8.8.8'));
        $this->letIn('-s 1.0.1.1 -p udp --dport 4569');
        self::assertSame([], $this->cut('8.8.8.8'));
    }

    public function testAnAddressOfIpv4InsideIpv6IsJudgedByTheRulesOfIpv4(): void
    {
        self::assertSame(['own' => ['443/tcp']], $this->cut('::ffff:' . self::IN_CHINA));
        $this->letIn('-s 1.0.1.1 -p tcp --dport 443');
        self::assertSame([], $this->cut('::ffff:' . self::IN_CHINA));
    }

    public function testIpv6HasItsOwnRules(): void
    {
        $this->letIn('-s 2001:250::/33 -p udp --dport 5060', 'ip6tables');
        self::assertSame(['own' => ['443/tcp']], $this->cut(self::IN_CHINA_V6));
        $this->letIn('-s 2001:250::/33 -p tcp --dport 443', 'ip6tables');
        self::assertSame([], $this->cut(self::IN_CHINA_V6));
    }

    public function testWhoeverIsLockedOutAlreadyIsToldSo(): void
    {
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        self::assertSame(['address' => self::IN_CHINA, 'isCut' => true], $this->own(self::IN_CHINA));
        $this->letIn('-s 1.0.1.1 -p tcp --dport 443');
        self::assertFalse($this->own(self::IN_CHINA)['isCut']);
    }

    public function testAnAddressIsExplainedWithItsWaysAndWhatDecides(): void
    {
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $this->letIn('-s 1.0.1.1 -p udp --dport 5060');
        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::IN_CHINA])['data']['addresses'];
        self::assertCount(1, $explained);
        $ways = [];
        foreach ($explained[0]['ways'] as ['port' => $port, 'passage' => $passage]) {
            $ways[$port] = "$passage[outcome] $passage[decided_by]";
        }
        self::assertSame([
            '443/tcp' => 'dropped filter',
            '5060/udp' => 'accepted rule_before',
            '10000-10200/udp' => 'dropped filter',
        ], $ways);
    }

    public function testWhereTheFirewallIsOffThePolicyAloneDecides(): void
    {
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        $this->pbx->act('reloadFirewall');
        self::assertSame(['own' => []], $this->cut(self::IN_CHINA));
        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::IN_CHINA])['data']['addresses'];
        self::assertSame([], $explained[0]['ways']);
    }

    /**
     * Puts an accept in front of the filter.
     */
    private function letIn(string $matches, string $tool = 'iptables'): void
    {
        $this->pbx->shell($tool, '-I', 'INPUT', ...explode(' ', $matches), ...['-j', 'ACCEPT']);
    }

    private function contact(string $uri): void
    {
        $this->pbx->register([['Endpoint' => '201', 'Uri' => $uri]]);
    }

    /**
     * @return null|array{address: string, isCut: bool}
     */
    private function own(string $from): ?array
    {
        return $this->pbx->rest('Status', 'getList', [], $from)['data']['own'];
    }

    /**
     * The ways that blocking China closes, by who uses them.
     *
     * @param array<string, mixed> $fields
     * @return array<string, list<string>>
     */
    private function cut(string $from, array $fields = []): array
    {
        $answer = $this->pbx->rest('Policy', 'affected', ['countries' => ['CN']] + $fields, $from);
        self::assertTrue($answer['result'], json_encode($answer));

        return array_column($answer['data']['affected'], 'ways', 'kind');
    }
}

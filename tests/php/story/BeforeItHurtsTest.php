<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Those who matter and would be cut off are named before a save, and nobody else.
 */
final class BeforeItHurtsTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const ALSO_IN_CHINA = '1.0.2.2';
    private const IN_CHINA_V6 = '2001:250::1';

    public function testTheAdministratorsOwnAddressIsNamed(): void
    {
        $own = ['kind' => 'own', 'name' => 'admin', 'phone' => null, 'address' => self::IN_CHINA];
        $own += ['country' => 'CN', 'list' => null, 'network' => null];
        self::assertSame([$own + ['ways' => ['443/tcp']]], $this->affected(self::IN_CHINA));
        self::assertSame([], $this->affected('8.8.8.8'), 'the policy does not drop it');
    }

    public function testAnAddressThatTheFirewallLetsInBeforeIsSafe(): void
    {
        $this->pbx->shell('iptables', '-I', 'INPUT', '-s', '1.0.0.0/22', '-p', 'tcp', '--dport', '443', '-j', 'ACCEPT');
        $this->pbx->shell('ip6tables', '-I', 'INPUT', '-s', '2001:250::/33', '-p', 'tcp', '-j', 'ACCEPT');
        self::assertSame([], $this->affected(self::IN_CHINA));
        self::assertSame([], $this->affected(self::IN_CHINA_V6));
        self::assertCount(1, $this->affected('1.0.8.1'), 'just beside the subnet');
        self::assertCount(1, $this->affected('2001:250:8000::1'), 'just beside the IPv6 subnet');
    }

    public function testARuleBehindTheFilterOrOneThatDropsMakesNobodySafe(): void
    {
        $this->pbx->shell('iptables', '-A', 'INPUT', '-s', '1.0.0.0/22', '-j', 'ACCEPT');
        $this->pbx->shell('iptables', '-I', 'INPUT', '-s', '1.0.0.0/22', '-j', 'DROP');
        self::assertCount(1, $this->affected(self::IN_CHINA));
    }

    public function testProvidersAreNamedByTheirAddressesAndByThoseOfTheirNames(): void
    {
        $this->provider('Sip', 'SIP-TRUNK-1', 'Shanghai Telecom', self::IN_CHINA . ':5060', ['type' => 'friend']);
        $this->provider('Sip', 'SIP-TRUNK-2', 'Named Ltd', 'sip.named.test', ['type' => 'friend']);
        $this->provider('Iax', 'IAX-TRUNK-1', 'Old trunk', self::ALSO_IN_CHINA, []);
        $this->pbx->act('record', 'SipHosts', ['provider_id' => 'SIP-TRUNK-2', 'address' => '1.0.32.5']);
        $this->pbx->writeEtc('hosts', "127.0.0.1 localhost\n1.0.1.9 sip.named.test\n");
        $affected = array_map(
            static fn (array $peer): string => "$peer[kind] $peer[name] $peer[address]",
            $this->affected()
        );
        sort($affected);
        self::assertSame([
            'provider Named Ltd 1.0.1.9',
            'provider Named Ltd 1.0.32.5',
            'provider Old trunk ' . self::ALSO_IN_CHINA,
            'provider Shanghai Telecom ' . self::IN_CHINA,
        ], $affected);
    }

    public function testWhoIsSwitchedOffOrNoProviderIsNotAskedAfter(): void
    {
        $this->provider('Sip', 'SIP-TRUNK-1', 'Off', self::IN_CHINA, ['type' => 'friend', 'disabled' => '1']);
        $this->provider('Sip', 'SIP-PHONE-1', 'A phone', self::IN_CHINA, ['type' => 'peer']);
        $this->provider('Iax', 'IAX-TRUNK-1', 'Off, too', self::IN_CHINA, ['disabled' => '1']);
        self::assertSame([], $this->affected());
    }

    public function testRegisteredPhonesAreNamedByNumberAndPerson(): void
    {
        $this->pbx->act('record', 'Extensions', ['number' => '201', 'callerid' => 'Anna Smith']);
        $this->provider('Sip', 'SIP-TRUNK-1', 'Registers here', '', ['type' => 'friend']);
        $this->pbx->register([
            ['Endpoint' => '201', 'Uri' => 'sip:201@1.0.1.1:5062;transport=udp;x-ast-orig-host=10.0.0.1:5060'],
            ['Endpoint' => '201-WS', 'Uri' => 'sips:abc@[2001:250::1]:4711;transport=ws'],
            ['Endpoint' => '202', 'Uri' => 'sip:202@8.8.8.8'],
            ['Endpoint' => 'SIP-TRUNK-1', 'Uri' => 'sip:trunk@1.0.2.2'],
            ['Endpoint' => '203', 'Uri' => 'nonsense'],
        ]);
        $sip = ['5060/udp', '10000-10200/udp'];
        $anna = ['kind' => 'phone', 'name' => '201 Anna Smith', 'phone' => '201'];
        $trunk = ['kind' => 'provider', 'name' => 'Registers here', 'phone' => null];
        $inChina = ['country' => 'CN', 'list' => null, 'network' => null];
        self::assertSame([
            $anna + ['address' => self::IN_CHINA] + $inChina + ['ways' => $sip],
            $anna + ['address' => self::IN_CHINA_V6] + $inChina + ['ways' => ['8089/tcp', '10000-10200/udp']],
            $trunk + ['address' => self::ALSO_IN_CHINA] + $inChina + ['ways' => $sip],
        ], $this->affected());
    }

    public function testOfThousandsOfPhonesTheLastIsNamedToo(): void
    {
        $contacts = [];
        for ($number = 1; $number < 2500; $number++) {
            $address = sprintf('8.8.%d.%d', intdiv($number, 250), $number % 250);
            $contacts[] = ['Endpoint' => "$number", 'Uri' => "sip:$number@$address"];
        }
        $this->pbx->register([...$contacts, ['Endpoint' => '2500', 'Uri' => 'sip:2500@1.0.1.1']]);
        self::assertSame(['2500'], array_column($this->affected(), 'name'));
    }

    public function testWithoutDataItIsNotKnownWhomAPolicyCutsOffUnlessItDropsNobody(): void
    {
        unlink("{$this->pbx->state()}/dbip.geodb");
        unlink($this->pbx->module() . '/data/dbip-country-lite.csv.gz');
        $answer = $this->pbx->rest('Policy', 'affected', ['countries' => ['CN']], self::IN_CHINA);
        self::assertSame([200, null], [$answer['httpCode'], $answer['data']['affected']]);
        self::assertContains('database.missing', array_column($answer['data']['warnings'], 'code'));
        $nobody = $this->pbx->rest('Policy', 'affected', ['countries' => []], self::IN_CHINA);
        self::assertSame([], $nobody['data']['affected']);
    }

    public function testAnExceptionMakesThemSafe(): void
    {
        $this->pbx->register([['Endpoint' => '201', 'Uri' => 'sip:201@1.0.1.1']]);
        self::assertCount(1, $this->affected());
        self::assertSame([], $this->affected('8.8.8.8', ['exceptions' => [self::IN_CHINA]]));
    }

    public function testASilentNameServerAndAnAbsentAsteriskHoldNobodyUp(): void
    {
        $this->provider('Sip', 'SIP-TRUNK-1', 'Lost', 'nobody-answers.test', ['type' => 'friend']);
        touch("{$this->pbx->disk}/asterisk-down");
        $this->pbx->silenceNames();
        $start = microtime(true);
        self::assertCount(1, $this->affected(self::IN_CHINA));
        self::assertLessThan(8.0, microtime(true) - $start);
        self::assertStringContainsString('not all names of providers', $this->pbx->log());
    }

    /**
     * @param array<string, mixed> $policy
     * @return list<array<string, mixed>>
     */
    private function affected(string $from = '8.8.8.8', array $policy = []): array
    {
        $answer = $this->pbx->rest('Policy', 'affected', ['countries' => ['CN']] + $policy, $from);
        self::assertTrue($answer['result'], json_encode($answer));

        return $answer['data']['affected'];
    }

    /**
     * @param array<string, string> $fields
     */
    private function provider(string $model, string $id, string $name, string $host, array $fields): void
    {
        $this->pbx->act('record', $model, ['uniqid' => $id, 'description' => $name, 'host' => $host] + $fields);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\PbxTestCase;
use GeoIpTests\Support\Publishers;

/**
 * Networks that are blocked whatever their country, and lists that are there only later.
 */
final class NetworksTest extends PbxTestCase
{
    private const OVH = 16276;

    /** Of OVH, in France, by real data. */
    private const AT_OVH = '51.38.0.1';
    private const PHONE_AT_OVH = ['Endpoint' => '202', 'Uri' => 'sip:202@' . self::AT_OVH . ':5060'];
    private const ELSEWHERE = '8.8.8.8';

    private Publishers $publishers;

    protected function setUp(): void
    {
        parent::setUp();
        $this->publishers = new Publishers($this->pbx);
        $this->pbx->act('reloadFirewall');
        $this->pbx->installAndEnable();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
    }

    public function testANetworkIsBlockedAsSoonAsThereIsDataThatTellsIt(): void
    {
        $saved = $this->pbx->rest('Policy', 'patch', ['networks' => [self::OVH]])['data'];
        self::assertSame([false, ['network.missing']], [$saved['inForce'], array_column($saved['problems'], 'code')]);
        $this->waitFor(fn (): bool => $this->networks()['sources'][0]['has_failed'], 'nothing is published yet');
        self::assertTrue($this->pbx->drops('1.0.1.1'), 'China is blocked as before');
        self::assertCount(1, preg_grep('/task\.php lists/', $this->pbx->act('cron')));

        $this->publishers->publishNetworks();
        unlink("{$this->pbx->state()}/network-notes.json");
        $this->pbx->act('task', 'lists');
        self::assertTrue($this->pbx->drops(self::AT_OVH));
        self::assertFalse($this->pbx->drops(self::ELSEWHERE));
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame([true, [self::OVH]], [$status['inForce'], $status['wanted']['networks']]);

        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::AT_OVH])['data']['addresses'][0];
        self::assertSame(['drop', 'network'], [$explained['verdict'], $explained['reason']]);
        self::assertSame(self::OVH, $explained['network']['number']);
        $this->pbx->register([self::PHONE_AT_OVH]);
        $affected = $this->pbx->rest('Policy', 'affected')['data']['affected'][0];
        self::assertStringStartsWith('AS16276 OVH', $affected['network']);

        $this->pbx->rest('Policy', 'patch', ['networks' => []]);
        self::assertFalse($this->pbx->drops(self::AT_OVH));
    }

    public function testNetworksAreFoundByNameAndNumberOnceSomebodyAskedForTheData(): void
    {
        self::assertSame([null, []], [$this->networks()['kept'], $this->networks(['search' => 'ovh'])['found']]);
        $this->download();
        self::assertContains(self::OVH, array_column($this->networks(['search' => 'ovh'])['found'], 'number'));
        self::assertSame([self::OVH], array_column($this->networks(['search' => 'AS16276'])['found'], 'number'));
        $chosen = $this->networks(['numbers' => '14061,16276'])['chosen'];
        self::assertSame([14061, self::OVH], array_column($chosen, 'number'));
        self::assertGreaterThan(1000000, $chosen[1]['v4_addresses']);
        self::assertContains(self::OVH, $this->networks()['presets'][0]['networks']);
    }

    public function testWhileTheFilterLearnsNetworksOfPhonesAreRememberedOnceDataTellsThem(): void
    {
        $this->pbx->rest('Policy', 'patch', ['action' => 'count']);
        $this->pbx->register([self::PHONE_AT_OVH]);
        $this->pbx->act('task', 'observe');
        self::assertSame([], $this->peerNetworks());

        $this->download();
        $this->pbx->act('task', 'observe');
        $this->pbx->register([['Endpoint' => '203', 'Uri' => 'sip:203@' . self::ELSEWHERE . ':5060']]);
        $networks = $this->peerNetworks();
        self::assertCount(2, $networks, 'one is gone now, and was there');
        self::assertSame(['number' => self::OVH, 'name' => 'OVH SAS'], $networks[1], 'by their numbers');
    }

    public function testDataOfTheOtherSourceTakesThePlaceOfWhatIsKeptOnceItIsThere(): void
    {
        $this->download();
        $this->pbx->rest('Policy', 'patch', ['networks' => [self::OVH]]);
        $answer = $this->pbx->rest('Policy', 'patch', ['networkSource' => 'origin-asn', 'confirm' => true]);
        self::assertSame(['origin-asn', false], [$answer['data']['networkSource'], isset($answer['data']['trial'])]);
        self::assertStringContainsString('networks are told by origin-asn from now on, by ', $this->pbx->log());
        $this->waitFor(fn (): bool => $this->networks()['sources'][1]['has_failed'], 'nothing is published yet');
        $networks = $this->networks();
        self::assertSame(['origin-asn', 'dbip-asn'], [$networks['source'], $networks['kept']['source']]);
        self::assertTrue($this->pbx->drops(self::AT_OVH), 'by what is kept');

        $this->publishers->publishOriginNetworks();
        unlink("{$this->pbx->state()}/network-notes.json");
        $this->pbx->act('task', 'lists');
        self::assertSame('origin-asn', $this->networks()['kept']['source']);
        self::assertTrue($this->pbx->drops(self::AT_OVH));
    }

    public function testWhereNoNetworkIsUsedTheOtherSourceWaitsUntilSomebodyAsks(): void
    {
        $this->publishers->publishOriginNetworks();
        $this->pbx->rest('Policy', 'patch', ['networkSource' => 'origin-asn']);
        $this->pbx->act('task', 'lists');
        self::assertSame([null, null], array_column($this->networks()['sources'], 'asked_at'));
        $this->pbx->rest('Networks', 'download');
        $this->waitFor(fn (): bool => $this->networks()['kept'] !== null, 'it is downloaded');
        self::assertSame('origin-asn', $this->networks()['kept']['source']);
        self::assertSame('origin-asn', $this->pbx->rest('Policy', 'getList')['data']['networkSource']);
    }

    public function testWhatCannotBeANetworkIsRefusedByItsField(): void
    {
        $wrongs = ['networks' => 'ovh', 'networks[0]' => ['16276'], 'networks[1]' => [self::OVH, 1.5]];
        foreach ($wrongs as $field => $networks) {
            $refused = $this->pbx->rest('Policy', 'patch', ['networks' => $networks]);
            self::assertSame([false, $field], [$refused['result'], $refused['data']['error']['field'] ?? null]);
        }
        foreach ([[0], [64512], [4294967295], range(1, 65)] as $networks) {
            self::assertFalse($this->pbx->rest('Policy', 'patch', ['networks' => $networks])['result']);
        }
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['networks']);
    }

    public function testAListThatCouldNotBeHadIsInForceAsSoonAsItIs(): void
    {
        $saved = $this->pbx->rest('Policy', 'patch', ['lists' => ['blocklist-de-sip']])['data'];
        self::assertSame(['list.missing'], array_column($saved['problems'], 'code'));
        $this->publishers->publishList('/lists/sip.txt', self::ELSEWHERE . "\n");
        unlink("{$this->pbx->state()}/list-notes.json");
        $this->pbx->act('task', 'lists');
        self::assertTrue($this->pbx->drops(self::ELSEWHERE));
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);
    }

    /**
     * @param array<string, string> $asked
     * @return array<string, mixed>
     */
    private function networks(array $asked = []): array
    {
        return $this->pbx->rest('Networks', 'getList', $asked)['data'];
    }

    /**
     * @return list<array{number: int, name: string}>
     */
    private function peerNetworks(): array
    {
        return $this->pbx->rest('Learning', 'getList')['data']['peerNetworks'];
    }

    private function download(): void
    {
        $this->publishers->publishNetworks();
        $this->pbx->rest('Networks', 'download');
        $this->waitFor(fn (): bool => $this->networks()['kept'] !== null, 'it is downloaded');
    }

    private function waitFor(callable $isTrue, string $what): void
    {
        for ($wait = 0; $wait < 200 && !$isTrue(); $wait++) {
            usleep(100000);
        }
        self::assertTrue($isTrue(), $what);
    }
}

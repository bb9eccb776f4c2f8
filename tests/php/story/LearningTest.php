<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * A filter that only counts drops nothing, tells whom it would drop, and is switched on like any risky change.
 */
final class LearningTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const PHONE_IN_CHINA = ['Endpoint' => '201', 'Uri' => 'sip:201@1.0.2.2:5060'];

    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN'], 'action' => 'count']);
    }

    public function testItDropsNothingCountsAndSaysSo(): void
    {
        $this->pbx->knock(self::IN_CHINA, 3);
        $activity = $this->activity();
        self::assertSame(['count', ['dropped' => 0, 'counted' => 3]], [$activity['action'], $activity['v4']]);
        self::assertSame(['CN', self::IN_CHINA], [
            $activity['countries'][0]['country'],
            $activity['addresses'][0]['address'],
        ]);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame(['count', true, true], [$status['action'], $status['learning'], $status['inForce']]);
        self::assertStringContainsString('action drop -> count', $this->pbx->log());
        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::IN_CHINA])['data']['addresses'][0];
        self::assertSame('count', $explained['verdict']);
    }

    public function testSwitchedOnItDropsAndCountsWhatItDrops(): void
    {
        $this->pbx->knock(self::IN_CHINA);
        $saved = $this->pbx->rest('Policy', 'patch', ['action' => 'drop'])['data'];
        self::assertSame(['drop', true], [$saved['action'], $saved['inForce']]);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame(['drop', false], [$status['action'], $status['learning']]);
        $this->pbx->knock(self::IN_CHINA, 2);
        self::assertSame(['dropped' => 2, 'counted' => 1], $this->activity()['v4']);
        self::assertNull($this->forecast()['since'], 'nothing is left to forecast');
    }

    public function testWhoWouldBeCutOffIsNoQuestionUntilItIsSwitchedOn(): void
    {
        $this->pbx->register([self::PHONE_IN_CHINA]);
        self::assertSame([], $this->pbx->rest('Policy', 'affected')['data']['affected']);
        $affected = $this->pbx->rest('Policy', 'affected', ['action' => 'drop'])['data']['affected'];
        self::assertSame(['201'], array_column($affected, 'name'));
        $this->pbx->rest('Policy', 'patch', ['confirmEvery' => true]);
        self::assertNull($this->pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP']])['data']['trial']);
        self::assertNotNull($this->pbx->rest('Policy', 'patch', ['action' => 'drop'])['data']['trial']);
    }

    public function testTheForecastTellsWhatSwitchingOnWouldDo(): void
    {
        $this->pbx->knock(self::IN_CHINA, 2);
        $this->pbx->register([self::PHONE_IN_CHINA]);
        $forecast = $this->forecast('85.214.132.117');
        self::assertSame([2, 1], [$forecast['packets'], $forecast['countries']]);
        self::assertSame(['CN', 'DE'], $forecast['peerCountries']);
        self::assertSame(['phone'], array_column($forecast['affected'], 'kind'));
        self::assertNotNull($forecast['since']);
    }

    public function testCountriesOfPhonesAreRememberedWhileItLearnsAndNoLonger(): void
    {
        $this->pbx->register([self::PHONE_IN_CHINA]);
        $this->pbx->act('task', 'observe');
        $this->pbx->register([]);
        $this->pbx->act('task', 'observe');
        self::assertSame(['CN'], $this->forecast()['peerCountries'], 'it is gone now, and was there');
        $record = $this->record();
        self::assertSame('{"countries":["CN"],"networks":[]}', file_get_contents($record), 'no addresses');

        $this->pbx->rest('Policy', 'patch', ['action' => 'drop', 'confirm' => true]);
        self::assertFileExists($record, 'the change may return by itself');
        $token = $this->pbx->rest('Status', 'getList')['data']['trial']['token'];
        $this->pbx->rest('Policy', 'confirm', ['token' => $token]);
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertFileDoesNotExist($record);
        $this->pbx->register([self::PHONE_IN_CHINA]);
        $this->pbx->act('task', 'observe');
        self::assertFileDoesNotExist($record, 'nothing is remembered of whom nobody asked for');
    }

    public function testOfManyNetworksThoseSeenLastAreRemembered(): void
    {
        $networks = array_fill(1, 300, 'Some network');
        file_put_contents($this->record(), json_encode(['networks' => $networks]));
        $this->pbx->act('task', 'observe');
        self::assertSame(range(1, 256), array_column($this->forecast()['peerNetworks'], 'number'));
    }

    public function testWhatIsRememberedInAnyOtherShapeIsForgotten(): void
    {
        file_put_contents($this->record(), '{"CN":"2026-11-30T00:00:00Z","countries":"CN","networks":["OVH",16276]}');
        self::assertSame([], $this->forecast()['peerCountries']);
        $this->pbx->register([self::PHONE_IN_CHINA]);
        $this->pbx->act('task', 'observe');
        self::assertSame(['CN'], $this->forecast()['peerCountries']);
    }

    public function testNothingIsLeftOfALearningFilterThatIsUninstalled(): void
    {
        $this->pbx->knock(self::IN_CHINA);
        $this->pbx->register([self::PHONE_IN_CHINA]);
        $this->pbx->act('task', 'observe');
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertSame([], $this->pbx->traces());
    }

    public function testARowOfAnEarlierVersionDrops(): void
    {
        $database = $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db');
        $database->exec('UPDATE m_ModuleGeoIP SET policyAction = NULL');
        self::assertSame('drop', $this->pbx->rest('Policy', 'getList')['data']['action']);
        $this->pbx->act('hook', 'onAfterPbxStarted');
        $this->pbx->knock(self::IN_CHINA);
        self::assertSame(['dropped' => 1, 'counted' => 0], $this->activity()['v4']);
    }

    private function activity(): array
    {
        return $this->pbx->rest('Activity', 'getList')['data'];
    }

    private function record(): string
    {
        return "{$this->pbx->state()}/observed.json";
    }

    private function forecast(string $from = '198.51.100.7'): array
    {
        return $this->pbx->rest('Learning', 'getList', [], $from)['data'];
    }
}

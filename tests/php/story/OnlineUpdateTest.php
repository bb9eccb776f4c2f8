<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\PbxTestCase;
use GeoIpTests\Support\Publishers;

/**
 * Updates over a network that delivers, or almost: the module's own updater, the real helper, a real server with TLS.
 */
final class OnlineUpdateTest extends PbxTestCase
{
    /** Held by China and by Russia in every edition of every source. */
    private const CHINESE = '1.0.1.1';
    private const RUSSIAN = '5.8.0.1';

    private Publishers $publishers;

    protected function setUp(): void
    {
        parent::setUp();
        $this->publishers = new Publishers($this->pbx);
        $this->pbx->act('reloadFirewall');
        $this->pbx->installAndEnable();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
    }

    public function testEverySourceComesFromItsPublisherAndIsInForce(): void
    {
        $this->publishers->publishDbip();
        $this->pbx->rest('Update', 'start');
        $this->expectDelivered($this->pbx->waitForUpdate('reason', 'manual'), 'dbip', gmdate('Y-m'));

        $this->publishers->publishRir();
        $saved = $this->pbx->rest('Policy', 'patch', ['source' => 'rir'])['data'];
        self::assertTrue($saved['inForce'], 'DB-IP stands in until the registries are there');
        $this->expectDelivered($this->pbx->waitForUpdate('source', 'rir'), 'rir');

        $this->publishers->publishIpdeny();
        $this->pbx->rest('Policy', 'patch', ['source' => 'ipdeny']);
        $this->expectDelivered($this->pbx->waitForUpdate('source', 'ipdeny'), 'ipdeny');

        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::CHINESE])['data'];
        $countries = ['dbip' => 'CN', 'rir' => 'CN', 'ipdeny' => 'CN'];
        self::assertEquals($countries, $explained['addresses'][0]['by_source']);
    }

    public function testAPublisherThatFailsHalfWayLeavesDataAndFilterAndIsNamed(): void
    {
        $entries = $this->pbx->entries('geoip_blocked_v4');
        $this->publishers->publishDbip('cut');
        $this->pbx->rest('Update', 'start');
        $update = $this->pbx->waitForUpdate('reason', 'manual');
        self::assertSame(['failed', 'source.download'], [$update['state'], $update['error']['code']]);
        self::assertStringContainsString('The data in force stays.', $update['errorText']);
        $url = 'https://download.db-ip.com' . $this->publishers->dbipPath();
        self::assertStringContainsString($url, $update['error']['message']);
        $logged = 'the update failed, the data in force stays: source.download';
        self::assertStringContainsString($logged, $this->pbx->log());

        self::assertSame($entries, $this->pbx->entries('geoip_blocked_v4'));
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);

        $this->publishers->publishDbip();
        $this->pbx->rest('Update', 'start');
        $this->expectDelivered($this->pbx->waitForUpdate('state', 'done'), 'dbip', gmdate('Y-m'));
    }

    public function testWhoeverAsksLateOrAgainSeesTheOneUpdateThatRuns(): void
    {
        $this->publishers->publishDbip('slow 4');
        self::assertTrue($this->pbx->rest('Update', 'start')['data']['started']);
        $seen = [];
        do {
            usleep(400000);
            $late = $this->pbx->rest('Update', 'getList')['data'];
            $seen[] = $late['percent'];
        } while ($late['percent'] < 20 && count($seen) < 50);
        self::assertSame(['running', 'download'], [$late['state'], $late['stage']]);
        $second = $this->pbx->rest('Update', 'start')['data'];
        self::assertSame([false, 'running'], [$second['started'], $second['state']]);

        $update = $this->pbx->waitForUpdate('reason', 'manual');
        $this->expectDelivered($update, 'dbip', gmdate('Y-m'));
        self::assertCount(1, preg_grep('/^updating the data/', explode("\n", $this->pbx->log())));

        $ofUpdates = static fn (array $event): bool => $event['type'] === 'module-geoip-update';
        $events = array_values(array_filter($this->pbx->notes('events'), $ofUpdates));
        $percents = array_map(static fn (array $event): int => $event['data']['percent'], $events);
        $sorted = $percents;
        sort($sorted);
        self::assertSame($sorted, $percents, 'the bar never goes backwards');
        self::assertGreaterThan(5, count(array_unique($percents)), 'it moves');
        self::assertSame([100, 'done'], [end($percents), end($events)['data']['state']]);
        for ($later = 1; $later < count($events); $later++) {
            $pause = $events[$later]['at'] - $events[$later - 1]['at'];
            self::assertGreaterThanOrEqual(0.5, $pause, 'at most two a second');
        }
    }

    public function testASourceChosenWhileAnotherIsUpdatedIsHadRightAfterIt(): void
    {
        $this->publishers->publishDbip('slow 3');
        $this->publishers->publishIpdeny();
        self::assertTrue($this->pbx->rest('Update', 'start')['data']['started']);
        $this->pbx->rest('Policy', 'patch', ['source' => 'ipdeny']);
        self::assertSame('dbip', $this->pbx->rest('Update', 'getList')['data']['source'], 'that one runs still');
        $this->expectDelivered($this->pbx->waitForUpdate('source', 'ipdeny'), 'ipdeny');
    }

    /**
     * @param array<string, mixed> $update
     */
    private function expectDelivered(array $update, string $source, ?string $release = null): void
    {
        $told = [$update['state'], $update['error'], $update['percent'], $update['result']['origin'] ?? null];
        self::assertSame(['done', null, 100, 'online'], $told, json_encode($update));
        self::assertSame([], $update['warnings']);
        if ($release !== null) {
            self::assertSame($release, $update['result']['release']);
        }
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame([true, $source], [$status['inForce'], $status['data']['source']]);
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertFalse($this->pbx->drops(self::RUSSIAN));
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\PbxTestCase;

/**
 * Systems on which the filter cannot or should not be in force, and sources without data.
 */
final class OnThisSystemTest extends PbxTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->install();
    }

    public function testWithTheFirewallSwitchedOffThePolicyWaitsForItToBeSwitchedOn(): void
    {
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        $this->pbx->act('reloadFirewall');
        $this->pbx->act('enable');
        $answer = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        self::assertSame([false, ['pbx.firewall_off']], self::outcome($answer['data']));
        self::assertSame([], $this->pbx->rules(), 'switched off means an empty INPUT');
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame(['pbx.firewall_off' => 'firewall'], array_column($status['problems'], 'remedy', 'code'));

        $this->pbx->act('setting', 'PBXFirewallEnabled', '1');
        $this->pbx->act('reloadFirewall');
        self::assertContains('-A INPUT -j GEOIP_CHECK', $this->pbx->rules());
        self::assertTrue($this->pbx->drops('1.0.1.1'));
    }

    public function testWhereTheHostManagesTheFirewallItIsLeftAlone(): void
    {
        touch("{$this->pbx->disk}/in-docker");
        $this->pbx->act('enable');
        $answer = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        self::assertSame([false, ['pbx.firewall_unmanaged']], self::outcome($answer['data']));
        self::assertSame([[], []], [$this->pbx->rules(), $this->pbx->sets()]);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame(['pbx.firewall_unmanaged' => 'export'], array_column($status['problems'], 'remedy', 'code'));
        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => '1.0.1.1'])['data']['addresses'][0];
        self::assertSame('CN', $explained['country'], 'what needs no firewall works');
    }

    public function testUpdatesAreScheduledForSundaysAndCaughtUpAfterAMissedOne(): void
    {
        $lines = $this->pbx->act('cron');
        self::assertCount(3, $lines, 'and none for what nobody asked for');
        self::assertMatchesRegularExpression(
            '#^[0-5]?\d [4-7] \* \* 0 \S*php\S* -f \S+/ModuleGeoIP/bin/task\.php update scheduled > /dev/null 2>&1\n$#',
            $lines[0]
        );
        self::assertSame($lines, $this->pbx->act('cron'), 'the same machine, the same minute');
        // Core writes them into root's own crontab, which has no column for a user.
        self::assertStringStartsWith('2-59/5 * * * * {', $lines[1]);
        self::assertMatchesRegularExpression('#^[0-5]?\d \* \* \* \* .*task\.php update missed >#', $lines[2]);

        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame([], $this->pbx->notes('background'), 'nothing is fetched for a module that is off');
        $this->pbx->act('enable');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertStringContainsString('task.php update missed', $this->commands());
    }

    public function testASourceWithoutDataIsStoodInForByTheZipsData(): void
    {
        $this->pbx->act('enable');
        $answer = $this->pbx->rest('Policy', 'patch', ['source' => 'rir', 'countries' => ['CN']]);
        if ($answer['httpCode'] === 422) {
            self::fail('the helper knows no rir: ' . json_encode($answer));
        }
        self::assertSame([true, []], self::outcome($answer['data']));
        self::assertTrue($this->pbx->drops('1.0.1.1'), 'other data is better than no filter');
        $asked = $this->pbx->waitForUpdate('source', 'rir');
        self::assertSame('failed', $asked['state'], 'without a network');
        self::assertSame('dbip', $this->pbx->rest('Status', 'getList')['data']['standIn']);
    }

    /**
     * Whether what was saved is in force, and if not, why.
     *
     * @param array<string, mixed> $saved
     * @return array{bool, list<string>}
     */
    private static function outcome(array $saved): array
    {
        return [$saved['inForce'], array_column($saved['problems'], 'code')];
    }

    private function commands(): string
    {
        return implode("\n", array_column($this->pbx->notes('background'), 'command'));
    }
}

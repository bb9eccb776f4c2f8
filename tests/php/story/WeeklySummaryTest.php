<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Whoever asked for it is told on Mondays what the filter did, and nobody else is.
 */
final class WeeklySummaryTest extends EnabledModuleTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->act('setting', 'SystemNotificationsEmail', 'admin@example.com');
        $this->pbx->act('setting', 'WebAdminLanguage', 'en');
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP']]);
    }

    public function testItIsOffUntilSomebodySwitchesItOn(): void
    {
        $this->pbx->act('task', 'summary');
        self::assertSame([], $this->pbx->notes('mails'));
        self::assertTrue($this->pbx->rest('Policy', 'patch', ['weeklySummary' => true])['data']['weeklySummary']);
        self::assertStringContainsString('the weekly summary was switched on by admin', $this->pbx->log());
        $this->pbx->act('disable');
        $this->pbx->act('task', 'summary');
        self::assertSame([], $this->pbx->notes('mails'), 'a module that is off did nothing');
    }

    public function testItTellsWhatWasDroppedFromWhereAndWhetherTheFilterIsInForce(): void
    {
        $this->pbx->knock('1.0.1.1', 3);
        $this->pbx->knock('175.45.176.1');
        [$subject, $lines] = $this->summary();
        self::assertSame('GeoIP filter: Weekly summary', $subject);
        self::assertSame('The filter is working', $lines[0]);
        self::assertSame('Attempts blocked in the last 7 days: 4', $lines[1]);
        self::assertMatchesRegularExpression('/^Most of them from: China, .*Korea/', $lines[2]);
        self::assertSame('Different addresses: 2', $lines[3]);
        self::assertMatchesRegularExpression('/^Age of the country data in days: \d+$/', $lines[4]);
    }

    public function testOfALearningFilterItSaysThatNothingWasBlocked(): void
    {
        $this->pbx->rest('Policy', 'patch', ['action' => 'count']);
        $this->pbx->knock('1.0.1.1', 2);
        [, $lines] = $this->summary();
        self::assertSame(
            ['Counting only: nothing is blocked', 'Attempts that would have been blocked in the last 7 days: 2'],
            array_slice($lines, 0, 2)
        );
    }

    public function testOfAFilterThatIsNotInForceItSaysWhy(): void
    {
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        $this->pbx->act('reloadFirewall');
        [, $lines] = $this->summary();
        self::assertSame('Nothing is blocked: the filter is not working', $lines[0]);
        self::assertStringContainsString('firewall of the PBX is switched off', $lines[1]);
        self::assertSame('Attempts blocked in the last 7 days: 0', $lines[2]);
    }

    /**
     * @return array{string, list<string>} subject and lines
     */
    private function summary(): array
    {
        $this->pbx->rest('Policy', 'patch', ['weeklySummary' => true]);
        $this->pbx->act('task', 'summary');
        $mails = $this->pbx->notes('mails');
        self::assertCount(1, $mails);

        return [$mails[0]['subject']['messageTpl'], array_column($mails[0]['messages'], 'messageTpl')];
    }
}

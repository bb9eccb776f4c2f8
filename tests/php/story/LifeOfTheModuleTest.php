<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\PbxTestCase;

/**
 * From installation to removal, looking into the kernel after each step.
 */
final class LifeOfTheModuleTest extends PbxTestCase
{
    /** Held by China and by Russia in every edition of every source. */
    private const CHINESE = '1.0.1.1';
    private const RUSSIAN = '5.8.0.1';
    private const CHINESE_V6 = '240e::1';

    public function testTheWholeLifeLeavesTheKernelAsItShouldBeAfterEachStep(): void
    {
        $this->pbx->act('reloadFirewall');
        $withoutModule = $this->pbx->rules();

        $this->pbx->install();
        self::assertSame([], $this->pbx->sets(), 'an installed module that is not enabled filters nothing');
        self::assertSame($withoutModule, $this->pbx->rules());
        self::assertSame('1', $this->registration()['disabled']);

        $this->enableAndExpectAnEmptyFilterInItsPlace();
        $this->saveAndExpectTheChosenCountriesDropped();
        $this->reloadAndExpectTheFilterInItsPlace();
        $this->rebootAndExpectTheFilterBeforeThePbxIsUp();
        $this->updateAndExpectTheFilterToStay();

        $this->pbx->act('disable');
        self::assertSame($withoutModule, $this->pbx->rules());
        self::assertSame([], $this->pbx->sets());
        self::assertSame([], $this->pbx->rules('GEOIP_CHECK'));
        $this->pbx->act('reloadFirewall');
        self::assertSame($withoutModule, $this->pbx->rules(), 'a reload does not bring back what was switched off');

        $this->pbx->act('enable');
        self::assertTrue($this->pbx->drops(self::CHINESE), 'the policy survives being switched off and on');

        $this->upgradeAndExpectThePolicyToSurvive();

        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertSame([], $this->pbx->traces(), 'nothing is left of it');
        self::assertSame($withoutModule, $this->pbx->rules());
        self::assertDirectoryDoesNotExist($this->pbx->module());
        self::assertSame(false, $this->registration());
    }

    private function enableAndExpectAnEmptyFilterInItsPlace(): void
    {
        $before = $this->pbx->rules();
        $start = microtime(true);
        self::assertTrue($this->pbx->act('enable')['done']);
        self::assertLessThan(10.0, microtime(true) - $start, 'no network is waited for');
        self::assertSame($this->withJumpBeforeTheCatchAll($before), $this->pbx->rules());
        self::assertSame(0, $this->pbx->entries('geoip_blocked_v4'), 'nothing is blocked that nobody chose');
        self::assertFalse($this->pbx->drops(self::CHINESE));
        self::assertSame([], $this->pbx->notes('queue'), 'no firewall reload was asked for');
    }

    private function saveAndExpectTheChosenCountriesDropped(): void
    {
        $answer = $this->pbx->rest('Policy', 'update', $this->policy(['CN', 'KP']));
        self::assertSame([true, 200, true], [$answer['result'], $answer['httpCode'], $answer['data']['inForce']]);
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertTrue($this->pbx->drops(self::CHINESE_V6));
        self::assertFalse($this->pbx->drops(self::RUSSIAN));
        self::assertStringContainsString(
            'the policy was saved by admin from 198.51.100.7: countries +CN,+KP',
            $this->pbx->log()
        );
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame([true, []], [$status['inForce'], $status['problems']]);
    }

    private function reloadAndExpectTheFilterInItsPlace(): void
    {
        $before = $this->pbx->rules();
        $entries = $this->pbx->entries('geoip_blocked_v4');
        foreach (range(1, 3) as $ignored) {
            $this->pbx->act('reloadFirewall');
            self::assertSame($before, $this->pbx->rules());
            self::assertSame($entries, $this->pbx->entries('geoip_blocked_v4'));
        }
    }

    private function rebootAndExpectTheFilterBeforeThePbxIsUp(): void
    {
        $entries = $this->pbx->entries('geoip_blocked_v4');
        $this->pbx->boot();
        self::assertSame([], $this->pbx->sets(), 'a new kernel knows nothing');
        $reload = $this->pbx->act('reloadFirewall');
        self::assertSame($entries, $this->pbx->entries('geoip_blocked_v4'));
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertContains('-A INPUT -j GEOIP_CHECK', $this->pbx->rules());
        self::assertLessThan(2.0, $reload['hookSeconds']);
        $rules = $this->pbx->rules();
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame($rules, $this->pbx->rules(), 'what the hook did was all there was to do');
    }

    private function updateAndExpectTheFilterToStay(): void
    {
        $answer = $this->pbx->rest('Update', 'start');
        self::assertTrue($answer['data']['started']);
        $update = $this->pbx->waitForUpdate('reason', 'manual');
        // There is no way to the publisher from here: the data at hand stays, and the update says so.
        self::assertSame(['failed', 'source.download'], [$update['state'], $update['error']['code']]);
        self::assertSame([true, 'download'], [$update['error']['retryable'], $update['stage']]);
        self::assertStringContainsString('proxy', $update['error']['hint'], 'what can be done');
        self::assertSame(0, $update['percent'], 'what failed is not done');
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertNotSame([], $this->pbx->notes('events'), 'browsers were told');
    }

    private function upgradeAndExpectThePolicyToSurvive(): void
    {
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', true);
        self::assertSame([], preg_grep('/geoip/i', $this->pbx->sets()));
        $this->pbx->install();
        $this->pbx->act('enable');
        self::assertTrue($this->pbx->drops(self::CHINESE));
        self::assertSame(['CN', 'KP'], $this->pbx->rest('Policy', 'getList')['data']['countries']);
    }

    /**
     * @param list<string> $rules
     * @return list<string>
     */
    private function withJumpBeforeTheCatchAll(array $rules): array
    {
        $catchAll = array_key_first(preg_grep('/^-A INPUT -p udp -m multiport --dports 5060 -j ACCEPT$/', $rules));
        array_splice($rules, $catchAll, 0, ['-A INPUT -j GEOIP_CHECK']);

        return $rules;
    }

    /**
     * @param list<string> $countries
     * @return array<string, mixed>
     */
    private function policy(array $countries): array
    {
        return ['source' => 'dbip', 'mode' => 'block', 'countries' => $countries];
    }

    private function registration(): array|false
    {
        return $this->pbx->database('core.sqlite')->query('SELECT * FROM m_PbxExtensionModules')->fetch();
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\Pbx;
use GeoIpTests\Support\PbxTestCase;

/**
 * Calls that come twice, at once, late or without cause; a kernel and a disk that others tamper with.
 */
final class UnderPressureTest extends PbxTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->act('reloadFirewall');
        $this->pbx->install();
    }

    public function testHooksOfThingsThatDidNotHappenChangeNothing(): void
    {
        $this->pbx->act('hook', 'onAfterModuleEnable');
        self::assertSame([], $this->pbx->sets(), 'enabled was never said');

        $this->pbx->act('enable');
        $rules = $this->pbx->rules();
        $this->pbx->act('hook', 'onAfterModuleDisable');
        self::assertSame($rules, $this->pbx->rules(), 'disabled was never said');
        self::assertSame(Pbx::SETS, $this->pbx->sets());

        foreach (['onAfterModuleEnable', 'onAfterModuleDisable', 'onAfterModuleEnable'] as $hook) {
            $this->pbx->start('hook', $hook);
        }
        $this->pbx->finish();
        self::assertSame($rules, $this->pbx->rules());
    }

    public function testAfterManySavesAndReloadsAtOncePolicyKernelAndRecordAgree(): void
    {
        $this->pbx->act('enable');
        $choices = [['CN'], ['RU'], ['KP', 'CN'], ['BR'], ['DE', 'FR'], ['US']];
        foreach ($choices as $countries) {
            $this->pbx->start('rest', 'Policy', 'patch', ['countries' => $countries], []);
            $this->pbx->start('hook', 'onAfterIptablesReload');
        }
        $this->pbx->start('hook', 'onAfterModuleEnable');
        $answers = array_filter($this->pbx->finish(), is_array(...));
        self::assertSame([true], array_values(array_unique(array_column($answers, 'result'))), 'each save succeeds');

        $saved = $this->pbx->rest('Policy', 'getList')['data']['countries'];
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertContains($saved, array_map(static function (array $countries): array {
            sort($countries);
            return $countries;
        }, $choices));
        self::assertSame([true, []], [$status['inForce'], $status['problems']], 'what is saved is what is applied');
        self::assertCount(1, preg_grep('/GEOIP_CHECK/', $this->pbx->rules()));
        self::assertSame(Pbx::SETS, $this->pbx->sets(), 'no set is left half made');
    }

    public function testTwoChangesOfDifferentFieldsAtOnceBothSurvive(): void
    {
        $this->pbx->act('enable');
        $this->pbx->start('rest', 'Policy', 'patch', ['countries' => ['CN']], []);
        $this->pbx->start('rest', 'Policy', 'patch', ['exceptions' => ['198.51.100.0/24']], []);
        $this->pbx->finish();
        $policy = $this->pbx->rest('Policy', 'getList')['data'];
        self::assertSame(['CN'], $policy['countries']);
        self::assertSame(['198.51.100.0/24'], array_column($policy['exceptions'], 'subnet'));
    }

    public function testASecondAdministratorsChangeIsNotOverwrittenUnseen(): void
    {
        $this->pbx->act('enable');
        $seen = $this->pbx->rest('Policy', 'getList')['data']['revision'];
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $late = $this->pbx->rest('Policy', 'patch', ['countries' => ['RU'], 'revision' => $seen]);
        self::assertSame([false, 409], [$late['result'], $late['httpCode']]);
        self::assertSame(['CN'], $this->pbx->rest('Policy', 'getList')['data']['countries']);
        self::assertFalse($this->pbx->drops('5.8.0.1'));
    }

    public function testWhatSomebodyRemovedIsToldAndRepaired(): void
    {
        $this->pbx->act('enable');
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $this->pbx->shell('iptables', '-D', 'INPUT', '-j', 'GEOIP_CHECK');
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertFalse($status['inForce']);
        self::assertContains('firewall.not_attached', array_column($status['problems'], 'code'));
        $repaired = $this->pbx->rest('Status', 'repair')['data'];
        self::assertTrue($repaired['inForce']);
        self::assertContains('-A INPUT -j GEOIP_CHECK', $this->pbx->rules());
    }

    public function testWhereOthersChangeInputCoreIsAskedToBuildItAnew(): void
    {
        $this->pbx->act('enable');
        // Somebody flushes INPUT right behind each change to it.
        $tool = "{$this->pbx->tools}/iptables-restore";
        $genuine = trim((string)shell_exec('command -v iptables-restore'));
        file_put_contents($tool, "#!/bin/sh\n$genuine \"\$@\" && iptables -F INPUT\n");
        chmod($tool, 0755);
        $this->pbx->shell('iptables', '-D', 'INPUT', '-j', 'GEOIP_CHECK');
        $saved = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']])['data'];
        self::assertSame([false, 'firewall.input_changed'], [$saved['inForce'], $saved['problems'][0]['code']]);
        self::assertCount(1, $this->pbx->notes('queue'), 'one reload, in Core\'s own queue');
        unlink($tool);
        $this->pbx->act('reloadFirewall');
        self::assertContains('-A INPUT -j GEOIP_CHECK', $this->pbx->rules());
        self::assertTrue($this->pbx->drops('1.0.1.1'));
    }

    public function testAfterAllSettingsWereDeletedNothingOfTheOldPolicyComesBack(): void
    {
        $this->pbx->act('enable');
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $this->pbx->deleteAllSettings();
        self::assertSame([], $this->pbx->sets());
        $this->pbx->install();
        self::assertSame([], $this->pbx->sets());
        $this->pbx->act('enable');
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['countries']);
        self::assertFalse($this->pbx->drops('1.0.1.1'));
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertSame([], $this->pbx->traces());
    }

    public function testLostStateIsComputedAnewFromTheZipsData(): void
    {
        $this->pbx->act('enable');
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        exec('rm -rf ' . escapeshellarg($this->pbx->state()));
        $this->pbx->boot();
        // The hook has nothing to restore from; it has the rest done outside Core's time.
        $this->pbx->act('reloadFirewall');
        for ($wait = 0; $wait < 100 && !in_array('-A INPUT -j GEOIP_CHECK', $this->pbx->rules(), true); $wait++) {
            usleep(100000);
        }
        self::assertContains('-A INPUT -j GEOIP_CHECK', $this->pbx->rules());
        self::assertTrue($this->pbx->drops('1.0.1.1'));
    }

    public function testDamagedDataIsReplacedFromTheZip(): void
    {
        $this->pbx->act('enable');
        foreach (glob($this->pbx->state() . '/*') as $file) {
            // In the middle, where only a whole read notices.
            $size = filesize($file);
            if ($size > 100000) {
                $handle = fopen($file, 'r+');
                fseek($handle, intdiv($size, 2));
                fwrite($handle, str_repeat("\xa5", 64));
                fclose($handle);
            }
        }
        $answer = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        self::assertTrue($answer['data']['inForce'] ?? $answer['messages']);
        self::assertTrue($this->pbx->drops('1.0.1.1'));
    }

    public function testADamagedHelperIsNotRun(): void
    {
        $this->pbx->act('enable');
        $helper = $this->pbx->module() . '/bin/geoip-helper-' . php_uname('m');
        file_put_contents($helper, "\0", FILE_APPEND);
        $answer = $this->pbx->rest('Status', 'getList');
        self::assertSame([false, 'helper.damaged'], [$answer['result'], $answer['data']['error']['code']]);
        $this->pbx->act('disable');
        $refused = $this->pbx->act('enable');
        self::assertFalse($refused['done']);
        self::assertStringContainsString('damaged', implode(' ', $refused['messages']));
    }

    public function testASecondUpdateJoinsTheFirst(): void
    {
        $this->pbx->act('enable');
        foreach (range(1, 4) as $ignored) {
            $this->pbx->start('rest', 'Update', 'start', [], []);
        }
        $answers = $this->pbx->finish();
        self::assertSame([true], array_values(array_unique(array_column($answers, 'result'))));
        for ($wait = 0; $wait < 200; $wait++) {
            $update = $this->pbx->rest('Update', 'getList')['data'];
            if ($update['state'] !== 'running') {
                break;
            }
            usleep(100000);
        }
        self::assertContains($update['state'], ['done', 'failed']);
        $runs = preg_grep('/^updating the data/', explode("\n", $this->pbx->log()));
        self::assertLessThanOrEqual(2, count($runs), 'they did not all run one after the other');
    }

    public function testUninstallingWhileEverybodyConvergesLeavesNothing(): void
    {
        $this->pbx->act('enable');
        $this->pbx->act('disable');
        $this->pbx->start('hook', 'onAfterModuleDisable');
        $this->pbx->start('hook', 'onAfterModuleEnable');
        $this->pbx->start('uninstall', false);
        $this->pbx->start('hook', 'onAfterModuleDisable');
        try {
            $this->pbx->finish();
        } catch (\RuntimeException) {
            // A hook whose files vanish while it runs may fail, but must leave nothing.
        }
        self::assertSame([], $this->pbx->traces());
    }
}

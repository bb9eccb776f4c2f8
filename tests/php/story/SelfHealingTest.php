<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;
use RuntimeException;

/**
 * Somebody changes the kernel behind the module's back, and cron comes by.
 */
final class SelfHealingTest extends EnabledModuleTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['KP']]);
    }

    public function testWhatWasChangedIsRepairedLoggedAndShown(): void
    {
        self::assertNull($this->pbx->rest('Status', 'getList')['data']['lastRepair']);
        $rules = $this->pbx->rules();
        $this->pbx->shell('ipset', 'flush', 'geoip_blocked_v4');
        $this->pbx->shell('ipset', 'add', 'geoip_blocked_v4', '9.9.9.0/24');
        $this->pbx->shell('iptables', '-D', 'INPUT', '-j', 'GEOIP_CHECK');
        $this->pbx->act('watch');
        self::assertSame([true, false], [$this->pbx->drops('175.45.176.1'), $this->pbx->drops('9.9.9.9')]);
        self::assertSame($rules, $this->pbx->rules());
        self::assertStringContainsString('repaired what was changed from outside: geoip_blocked_v4', $this->pbx->log());
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertTrue($status['inForce']);
        self::assertSame(['address sets', 'place in the firewall'], $status['lastRepair']['what']);
        self::assertEqualsWithDelta(time(), strtotime($status['lastRepair']['at']), 60.0);
        self::assertSame([], $this->pbx->notes('mails'), 'what was repaired needs nobody');
    }

    public function testAsLongAsAllIsWellNoPhpIsStarted(): void
    {
        $task = "{$this->pbx->module()}/bin/task.php";
        file_put_contents($task, '<?php touch(getenv("GEOIP_TEST_PBX") . "/php-was-started");');
        $this->pbx->act('watch');
        self::assertFileDoesNotExist("{$this->pbx->disk}/php-was-started");
        $this->pbx->shell('iptables', '-F', 'GEOIP_CHECK');
        $this->pbx->act('watch');
        self::assertFileExists("{$this->pbx->disk}/php-was-started");
    }

    public function testWhatTheStatusTellsIsRepairedByOneClick(): void
    {
        // As many members as before: only a look at each of them notices.
        $this->pbx->shell('ipset', 'del', 'geoip_blocked_v4', $this->member());
        $this->pbx->shell('ipset', 'add', 'geoip_blocked_v4', '9.9.9.0/24');
        $seen = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame([[], false], [$seen['problems'], $seen['exact']], 'what takes no time to see');
        $this->look();
        $problems = $this->pbx->rest('Status', 'getList')['data']['problems'];
        self::assertSame(['firewall.sets_drifted' => 'repair'], array_column($problems, 'remedy', 'code'));
        self::assertStringContainsString('were changed from outside', $problems[0]['text']);
        self::assertStringContainsString('lacks 1 of its', $problems[0]['detail']);
        $repaired = $this->pbx->rest('Status', 'repair')['data'];
        self::assertSame([true, true], [$repaired['inForce'], $repaired['exact']]);
        self::assertFalse($this->pbx->drops('9.9.9.9'));
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce'], 'what was found is over');
    }

    public function testAFirewallThatIsSwitchedOffStaysOff(): void
    {
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        $this->pbx->act('reloadFirewall');
        $this->pbx->act('watch');
        self::assertSame([], $this->pbx->rules());
        self::assertSame([], $this->pbx->notes('mails'));
    }

    public function testAModuleThatIsSwitchedOffStaysOff(): void
    {
        $this->pbx->act('disable');
        $this->pbx->act('watch');
        self::assertSame([], $this->pbx->sets());
        self::assertSame([], $this->pbx->notes('mails'));
    }

    public function testALostRecordIsMadeAnew(): void
    {
        unlink("{$this->pbx->state()}/in-force.json");
        $this->pbx->shell('iptables', '-F', 'GEOIP_CHECK');
        $this->pbx->act('watch');
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);
    }

    public function testWhatCannotBeRepairedIsToldOnceByLogAndMail(): void
    {
        $this->pbx->act('setting', 'SystemNotificationsEmail', 'admin@example.com');
        $this->pbx->shell('iptables', '-F', 'GEOIP_CHECK');
        $this->pbx->shell('ipset', 'destroy', 'geoip_blocked_v4');
        $this->pbx->shell('ipset', 'create', 'geoip_blocked_v4', 'hash:ip');
        foreach (range(1, 3) as $ignored) {
            $this->pbx->act('watch');
        }
        $mails = $this->pbx->notes('mails');
        self::assertCount(1, $mails);
        self::assertSame('GeoIP filter: The filter needs attention', $mails[0]['subject']['messageTpl']);
        $words = 'The GeoIP filter was changed from outside and could not be repaired';
        self::assertStringStartsWith($words, $mails[0]['messages'][0]['messageTpl']);
        self::assertStringContainsString('another type', $mails[0]['messages'][0]['messageTpl']);
        self::assertSame(1, substr_count($this->pbx->log(), $words));

        $this->pbx->shell('ipset', 'destroy', 'geoip_blocked_v4');
        $this->pbx->rest('Status', 'repair');
        $this->pbx->act('watch');
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);
    }

    public function testWhoKeepsChangingTheFilterIsNotFoughtForEverButTold(): void
    {
        $this->pbx->act('setting', 'SystemNotificationsEmail', 'admin@example.com');
        foreach (range(1, 5) as $ignored) {
            $this->pbx->shell('iptables', '-D', 'INPUT', '-j', 'GEOIP_CHECK');
            $this->pbx->act('watch');
            if (preg_grep('/GEOIP_CHECK/', $this->pbx->rules()) === []) {
                break;
            }
        }
        self::assertSame([], preg_grep('/GEOIP_CHECK/', $this->pbx->rules()), 'after three times it waits for an hour');
        $mails = $this->pbx->notes('mails');
        self::assertCount(1, $mails);
        self::assertStringContainsString('Repairs in a row: 3.', $mails[0]['messages'][0]['messageTpl']);
        self::assertSame(1, substr_count($this->pbx->log(), 'repaired what was changed from outside'));
    }

    /**
     * The look of every five minutes, without what it sets off.
     */
    private function look(): void
    {
        $helper = "{$this->pbx->module()}/bin/geoip-helper-" . php_uname('m');
        $command = [$helper, '--state-dir', $this->pbx->state(), '--json', 'check', '--settle', '0'];
        $found = '';
        try {
            $this->pbx->shell(...$command);
        } catch (RuntimeException $error) {
            $found = $error->getMessage();
        }
        self::assertStringContainsString('firewall.sets_drifted', $found);
    }

    private function member(): string
    {
        preg_match('/^add geoip_blocked_v4 (\S+)$/m', $this->pbx->shell('ipset', 'save'), $found);

        return $found[1];
    }
}

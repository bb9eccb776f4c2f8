<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Services for administrators can be reached from chosen countries only, by the ports that the PBX is set to.
 */
final class AdministrationTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const IN_THE_USA = '8.8.8.8';

    public function testTheChosenServicesAreClosedByTheirPortsOnTopOfThePolicy(): void
    {
        $saved = $this->save(['US'], ['consoles', 'web']);
        self::assertSame([true, []], [$saved['inForce'], $saved['problems']]);
        self::assertSame([22, 80, 443, 5038, 8088, 8089], $this->closedPorts());
        self::assertSame($saved['admin'], $this->pbx->rest('Policy', 'getList')['data']['admin']);
        self::assertSame($saved['admin'], $this->status()['wanted']['admin']);
        $this->save(['US'], ['consoles']);
        self::assertSame([22, 5038, 8088, 8089], $this->closedPorts());
        $this->save(['US'], []);
        self::assertSame([], $this->closedPorts());
        self::assertNull($this->pbx->rest('Policy', 'getList')['data']['admin']);
    }

    public function testPortsThatCallsComeByOrThatAreNoneAreLeftOut(): void
    {
        $this->pbx->act('setting', 'UseWebRTC', '1');
        $this->pbx->act('setting', 'SSHPort', '5061');
        $this->pbx->act('setting', 'AMIPort', '10100');
        $this->pbx->act('setting', 'AJAMPort', '');
        $this->pbx->act('setting', 'WEBPort', '70000');
        $saved = $this->save(['US'], ['consoles', 'web']);
        self::assertSame([443, 10100], $this->closedPorts(), 'media is no TCP');
        self::assertSame(['consoles' => [5061, 8089], 'web' => []], $saved['openPorts']);
        $this->pbx->act('setting', 'AMIPort', '5060');
        $this->save(['US'], ['consoles']);
        self::assertSame([], $this->closedPorts(), 'none is left');
        self::assertSame(['consoles'], $this->pbx->rest('Policy', 'getList')['data']['admin']['services']);
        self::assertTrue($saved['inForce']);
        $wrong = ['admin' => ['countries' => ['QQ'], 'services' => ['consoles']]];
        $refused = $this->pbx->rest('Policy', 'patch', $wrong);
        self::assertSame('admin.countries', $refused['data']['error']['field'] ?? null, 'a port may be back tomorrow');
    }

    public function testAnotherPortIsClosedAsSoonAsThePbxIsSetToIt(): void
    {
        $this->save(['US'], ['consoles']);
        $this->pbx->act('changeSetting', 'SSHPort', '2222');
        for ($wait = 0; $wait < 100 && !in_array(2222, $this->closedPorts(), true); $wait++) {
            usleep(100000);
        }
        self::assertSame([2222, 5038, 8088, 8089], $this->closedPorts());
        self::assertTrue($this->status()['inForce']);
        $started = $this->pbx->notes('background');
        $this->pbx->act('changeSetting', 'PBXName', 'Office');
        self::assertSame($started, $this->pbx->notes('background'), 'other settings are no matter');
    }

    public function testWhoeverWouldShutHimselfOutIsNamedBeforeASave(): void
    {
        $admin = ['admin' => ['countries' => ['US'], 'services' => ['web']]];
        $affected = fn (string $from, array $policy): array
            => $this->pbx->rest('Policy', 'affected', $policy, $from)['data']['affected'];
        $own = ['kind' => 'own', 'name' => 'admin', 'phone' => null, 'address' => self::IN_CHINA];
        $own += ['country' => 'CN', 'list' => null, 'network' => null];
        self::assertSame([$own + ['ways' => ['443/tcp']]], $affected(self::IN_CHINA, $admin));
        self::assertSame([], $affected(self::IN_THE_USA, $admin));
        self::assertSame([], $affected(self::IN_CHINA, $admin + ['exceptions' => [self::IN_CHINA]]));
        self::assertCount(1, $affected(self::IN_CHINA, $admin + ['action' => 'count']), 'also while the filter learns');
        $consoles = ['admin' => ['countries' => ['US'], 'services' => ['consoles']]];
        self::assertSame([], $affected(self::IN_CHINA, $consoles), 'the page is open to him');
        $this->pbx->register([['Endpoint' => '201', 'Uri' => 'sip:201@1.0.2.2:5060']]);
        self::assertSame([], $affected(self::IN_THE_USA, $admin), 'phones are no matter');
    }

    public function testARestrictionOnTrialGoesBackToTheFormerOne(): void
    {
        $this->save(['US'], ['consoles']);
        $admin = ['countries' => ['CN'], 'services' => ['web']];
        $trial = $this->pbx->rest('Policy', 'patch', ['admin' => $admin, 'confirm' => true])['data']['trial'];
        self::assertSame([80, 443], $this->closedPorts());
        $this->pbx->rest('Policy', 'undo', ['token' => $trial['token']]);
        self::assertSame([22, 5038, 8088, 8089], $this->closedPorts());
        $former = ['countries' => ['US'], 'services' => ['consoles']];
        self::assertSame($former, $this->pbx->rest('Policy', 'getList')['data']['admin']);
    }

    public function testAnotherPortNeitherConfirmsNorEndsARestrictionOnTrial(): void
    {
        $admin = ['countries' => ['US'], 'services' => ['consoles']];
        $trial = $this->pbx->rest('Policy', 'patch', ['admin' => $admin, 'confirm' => true])['data']['trial'];
        $this->pbx->act('setting', 'SSHPort', '2222');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame([2222, 5038, 8088, 8089], $this->closedPorts());
        self::assertSame($trial['token'], $this->status()['trial']['token']);
        $this->pbx->rest('Policy', 'undo', ['token' => $trial['token']]);
        self::assertSame([], $this->closedPorts());
        self::assertNull($this->pbx->rest('Policy', 'getList')['data']['admin']);
    }

    public function testWhoeverIsShutOutCannotKeepAChange(): void
    {
        $admin = ['countries' => ['US'], 'services' => ['web']];
        $token = $this->pbx->rest('Policy', 'patch', ['admin' => $admin, 'confirm' => true])['data']['trial']['token'];
        self::assertSame(409, $this->pbx->rest('Policy', 'confirm', ['token' => $token], self::IN_CHINA)['httpCode']);
        self::assertTrue($this->pbx->rest('Status', 'getList', [], self::IN_CHINA)['data']['own']['isCut']);
        self::assertSame(200, $this->pbx->rest('Policy', 'confirm', ['token' => $token], self::IN_THE_USA)['httpCode']);
    }

    public function testAnAddressIsToldWhetherItMayAdminister(): void
    {
        $of = fn (string $address): ?array
            => $this->pbx->rest('Addresses', 'explain', ['address' => $address])['data']['addresses'][0]['admin'];
        self::assertNull($of(self::IN_CHINA));
        $this->save(['US'], ['web']);
        self::assertSame('drop', $of(self::IN_CHINA)['verdict']);
        self::assertSame('pass', $of(self::IN_THE_USA)['verdict']);
        self::assertSame(['pass', 'special_purpose'], array_values($of('192.168.1.1')));
    }

    public function testOfSshTheWayIsToldWhereItIsRestricted(): void
    {
        $ways = fn (string $address): array => array_column(
            $this->pbx->rest('Addresses', 'explain', ['address' => $address])['data']['addresses'][0]['ways'],
            'passage',
            'purpose'
        );
        $this->pbx->act('reloadFirewall');
        self::assertArrayNotHasKey('ssh', $ways(self::IN_CHINA));
        $this->save(['US'], ['consoles']);
        self::assertSame(['dropped', 'filter'], array_values(array_slice($ways(self::IN_CHINA)['ssh'], 0, 2)));
        self::assertNotSame('filter', $ways(self::IN_CHINA)['web']['decided_by']);
        self::assertNotSame('filter', $ways(self::IN_THE_USA)['ssh']['decided_by']);
    }

    public function testHalfOfARestrictionIsRefusedAndTheStoredOneStays(): void
    {
        $stored = $this->save(['US'], ['consoles', 'web'])['admin'];
        foreach (
            [
                'admin.services' => [['countries' => ['CN']], ['countries' => ['CN'], 'services' => null]],
                'admin.countries' => [['services' => ['web']], ['countries' => null, 'services' => ['web']], []],
            ] as $field => $halves
        ) {
            foreach ($halves as $half) {
                $answer = $this->pbx->rest('Policy', 'patch', ['admin' => $half]);
                self::assertFalse($answer['result'], json_encode($half));
                self::assertSame($field, $answer['data']['error']['field'] ?? null, json_encode($answer));
            }
        }
        self::assertSame($stored, $this->pbx->rest('Policy', 'getList')['data']['admin']);
    }

    public function testCountriesThatMayAdministerAndAreBlockedAreSaid(): void
    {
        $saved = $this->pbx->rest('Policy', 'patch', [
            'countries' => ['CN'],
            'admin' => ['countries' => ['CN'], 'services' => ['web']],
        ])['data'];
        self::assertContains('policy.admin_blocked', array_column($saved['warnings'], 'code'));
        $export = $this->pbx->rest('Policy', 'export', ['format' => 'cidr', 'describe' => 'true'])['data'];
        self::assertContains('export.admin_left_out', array_column($export['warnings'], 'code'));
    }

    public function testTheModulesThatAreReachedThroughTheWebInterfaceAreNamedWhileTheyAreOn(): void
    {
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['webModules']);
        $module = static fn (string $id, string $name, string $disabled): array
            => ['id' => (string)crc32($id), 'uniqid' => $id, 'name' => $name, 'disabled' => $disabled];
        $this->pbx->act('record', 'PbxExtensionModules', $module('ModuleAutoprovision', 'Auto provisioning', '0'));
        $this->pbx->act('record', 'PbxExtensionModules', $module('ModulePhoneBook', 'Phone book', '1'));
        $this->pbx->act('record', 'PbxExtensionModules', $module('ModuleBackup', 'Backup', '0'));
        self::assertSame(['Auto provisioning'], $this->pbx->rest('Policy', 'getList')['data']['webModules']);
    }

    /**
     * @param list<string> $countries
     * @param list<string> $services
     * @return array<string, mixed>
     */
    private function save(array $countries, array $services): array
    {
        $admin = ['countries' => $countries, 'services' => $services];
        $answer = $this->pbx->rest('Policy', 'patch', ['admin' => $admin]);
        self::assertTrue($answer['result'], json_encode($answer));

        return $answer['data'];
    }

    /**
     * The TCP ports that only some countries reach, as the kernel has them.
     *
     * @return list<int>
     */
    private function closedPorts(): array
    {
        preg_match('/-p tcp .*--dports (\S+) .*geoip_admin/', implode("\n", $this->pbx->rules('GEOIP_CHECK')), $rule);
        $ports = array_map(intval(...), array_filter(explode(',', $rule[1] ?? '')));
        sort($ports);

        return $ports;
    }

    /**
     * @return array<string, mixed>
     */
    private function status(): array
    {
        return $this->pbx->rest('Status', 'getList')['data'];
    }
}

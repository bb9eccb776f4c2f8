<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use DateTimeImmutable;
use GeoIpTests\Support\Pbx;
use PHPUnit\Framework\TestCase;

/**
 * What the REST resources answer, and that wrong and hostile requests change nothing.
 */
final class RequestsTest extends TestCase
{
    private static Pbx $pbx;

    public static function setUpBeforeClass(): void
    {
        self::$pbx = new Pbx();
        self::$pbx->act('reloadFirewall');
        self::$pbx->installAndEnable();
        self::$pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP'], 'exceptions' => ['1.0.8.0/21']]);
    }

    public static function tearDownAfterClass(): void
    {
        self::$pbx->destroy();
    }

    public function testAWorkerThatIsOlderThanTheModuleAnswersLikeAnyOther(): void
    {
        $session = ['remote_addr' => '198.51.100.7', 'user_name' => 'admin'];
        $answer = self::$pbx->act('restInOlderWorker', 'Policy', 'getList', [], $session);
        self::assertSame([200, ['CN', 'KP']], [$answer['httpCode'], $answer['data']['countries']]);
        $refusal = self::$pbx->act('restInOlderWorker', 'Policy', 'nothing', [], $session);
        self::assertSame(['There is no such action.'], $refusal['messages']['error']);
    }

    public function testAWorkerDoesNotHoldOnToADeletedDatabase(): void
    {
        $session = ['remote_addr' => '198.51.100.7', 'user_name' => 'admin'];
        [$before, $after] = self::$pbx->act('policyWhileReinstalled', $session);
        self::assertSame([['CN', 'KP'], ['RU']], [$before['countries'], $after['countries']]);
        self::$pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP']]);
    }

    public static function wrongRequests(): array
    {
        $policy = ['source' => 'dbip', 'mode' => 'block', 'countries' => ['CN']];

        return [
            'no country' => ['Policy', 'update', ['countries' => ['Germany']] + $policy, 'Germany'],
            'a country that does not exist' => ['Policy', 'update', ['countries' => ['QQ']] + $policy, 'QQ'],
            'a command as a country' => ['Policy', 'update', ['countries' => ['; reboot']] + $policy, 'reboot'],
            'too many countries' => ['Policy', 'update', ['countries' => array_fill(0, 400, 'CN')] + $policy, '300'],
            'no list' => ['Policy', 'update', ['countries' => 'CN'] + $policy, 'countries'],
            'a list in a list' => ['Policy', 'update', ['countries' => [['CN']]] + $policy, 'countries'],
            'a named list' => ['Policy', 'update', ['countries' => ['a' => 'CN']] + $policy, 'countries'],
            'no subnet' => ['Policy', 'update', ['exceptions' => ['10.0.0.0/33']] + $policy, '10.0.0.0/33'],
            'a newline in a subnet' => [
                'Policy',
                'update',
                ['exceptions' => ["10.0.0.0/8\nx"]] + $policy,
                'exceptions',
            ],
            'a name as a subnet' => ['Policy', 'update', ['exceptions' => ['example.com']] + $policy, 'example.com'],
            'an unknown mode' => ['Policy', 'update', ['mode' => 'deny'] + $policy, 'block, allow'],
            'an unknown source' => ['Policy', 'update', ['source' => '../x'] + $policy, 'dbip'],
            'an unknown field' => ['Policy', 'update', ['colour' => 'red'] + $policy, 'colour'],
            'a field left out' => ['Policy', 'update', ['mode' => 'block', 'countries' => []], 'source'],
            'an unknown filter' => ['Policy', 'patch', ['statusFilter' => 'none'], 'statusFilter'],
            'an unknown source of networks' => ['Policy', 'patch', ['networkSource' => 'dbip'], 'dbip-asn, origin-asn'],
            'a preview of nonsense' => ['Policy', 'preview', ['mode' => 5], 'mode'],
            'a preview of no address' => ['Policy', 'preview', ['addresses' => ['x']], 'x'],
            'a list of no exceptions' => ['Policy', 'check', ['exceptions' => [7]], 'exceptions'],
            'a check of too many' => ['Policy', 'check', ['exceptions' => array_fill(0, 2001, '1.1.1.1')], '2000'],
            'nothing to explain' => ['Addresses', 'explain', [], 'address'],
            'a name to explain' => ['Addresses', 'explain', ['address' => 'localhost'], 'localhost'],
            'too much to explain' => ['Addresses', 'explain', ['address' => array_fill(0, 51, '1.1.1.1')], '50'],
            'counts of an unknown source' => ['Countries', 'getList', ['source' => 'x'], 'source'],
            'an unknown service' => [
                'Policy',
                'update',
                ['admin' => ['countries' => ['DE'], 'services' => ['ftp']]] + $policy,
                'admin.services: must be one of consoles, web',
            ],
            'no services but a word' => [
                'Policy',
                'update',
                ['admin' => ['countries' => ['DE'], 'services' => 'web']] + $policy,
                'admin.services',
            ],
            'an administrator of no country' => [
                'Policy',
                'update',
                ['admin' => ['countries' => ['QQ'], 'services' => ['web']]] + $policy,
                'QQ',
            ],
            'administration as a word' => ['Policy', 'patch', ['admin' => 'DE'], 'admin'],
            'administration by ports' => ['Policy', 'patch', ['admin' => ['ports' => [22]]], 'admin.ports'],
            'an unknown action' => ['Policy', 'update', ['action' => 'reject'] + $policy, 'drop, count'],
            'activity of more than a month' => ['Activity', 'getList', ['hours' => '745'], '744'],
            'activity of no number' => ['Activity', 'getList', ['hours' => '1 or 1=1'], 'hours'],
            'a force that is none' => ['Update', 'start', ['force' => 'perhaps'], 'force'],
        ];
    }

    /**
     * @dataProvider wrongRequests
     * @param array<string, mixed> $data
     */
    public function testAWrongRequestIsRefusedWithItsReasonAndChangesNothing(
        string $resource,
        string $action,
        array $data,
        string $named
    ): void {
        $before = $this->everything();
        $answer = self::$pbx->rest($resource, $action, $data);
        self::assertSame([false, 422], [$answer['result'], $answer['httpCode']], json_encode($answer));
        self::assertStringContainsString($named, $answer['messages']['error'][0]);
        self::assertNotSame('', $answer['data']['error']['field'] ?? '', 'the field is named');
        self::assertSame($before, $this->everything());
    }

    public function testAnUnknownActionIsRefused(): void
    {
        $answer = self::$pbx->rest('Policy', 'destroy');
        self::assertSame([false, 404], [$answer['result'], $answer['httpCode']]);
    }

    public function testCountriesComeWithCountsAndWithWhatThePolicyDoesToThem(): void
    {
        $data = self::$pbx->rest('Countries', 'getList')['data'];
        $countries = array_column($data['countries'], null, 'code');
        self::assertGreaterThanOrEqual(249, count($countries));
        self::assertSame([true, false], [$countries['CN']['blocked'], $countries['DE']['blocked']]);
        self::assertGreaterThan(1000, $countries['CN']['subnets']['v4']);
        self::assertSame(self::bundledRelease(), $data['release']);
    }

    public function testAPreviewTellsWhoWouldBeCutOffAndAppliesNothing(): void
    {
        $before = $this->everything();
        $request = ['countries' => ['US'], 'addresses' => ['5.8.0.1']];
        $preview = self::$pbx->rest('Policy', 'preview', $request, '8.8.8.8')['data'];
        self::assertSame(['8.8.8.8', 'drop'], [$preview['own']['address'], $preview['own']['verdict']]);
        self::assertSame(['8.8.8.8', '5.8.0.1'], array_column($preview['addresses'], 'address'));
        self::assertTrue($preview['changed']);
        self::assertGreaterThan(1000, $preview['sets'][0]['entries']);
        self::assertSame($before, $this->everything());
        self::assertNull(self::$pbx->rest('Policy', 'preview', $request, '')['data']['own'], 'asked on the PBX itself');
    }

    public function testAPreviewAddsUpWhatTheKernelWillHold(): void
    {
        $preview = self::$pbx->rest('Policy', 'preview', ['countries' => ['CN', 'RU']])['data'];
        self::assertSame(array_sum(array_column($preview['sets'], 'entries')), $preview['entries']);
        self::assertSame(array_sum(array_column($preview['sets'], 'memory_bytes')), $preview['memory_bytes']);
        self::assertGreaterThan(1000, $preview['entries']);
    }

    public function testTheStatusTellsWhoseDataIsInUseHowOldItIsAndHowManyCountriesAreBlocked(): void
    {
        $status = self::$pbx->rest('Status', 'getList')['data'];
        $data = $status['data'];
        $release = self::bundledRelease();
        self::assertSame(['dbip', $release], [$data['source'], $data['release']]);
        self::assertSame((new DateTimeImmutable("$release-01"))->diff(new DateTimeImmutable())->days, $data['ageDays']);
        $isWarned = in_array('database.stale', array_column($status['warnings'], 'code'), true);
        self::assertSame($data['ageDays'] > 45, $isWarned);
        self::assertEqualsWithDelta(time(), (new DateTimeImmutable($data['updatedAt']))->getTimestamp(), 300);
        self::assertGreaterThan(100000, $data['subnets']);
        self::assertSame('https://db-ip.com', $data['attribution']['url']);
        $countries = self::$pbx->rest('Countries', 'getList')['data']['countries'];
        self::assertSame(['blocked' => 2, 'countries' => count($countries)], $status['counts']);
    }

    public function testOtherBrowsersHearOfASaveWithItsRevision(): void
    {
        $answer = self::$pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP', 'VN']])['data'];
        $events = self::$pbx->notes('events');
        self::assertSame('module-geoip-policy', end($events)['type']);
        self::assertSame(['revision' => $answer['revision'], 'by' => 'admin'], end($events)['data']);
        self::$pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP']]);
    }

    public function testExceptionsAreCheckedEachByItself(): void
    {
        $sent = ['198.51.100.7/24', '10.0.0.300', ['subnet' => '1.0.1.1', 'expires_at' => '2020-01-01T00:00:00+02:00']];
        $checked = self::$pbx->rest('Policy', 'check', ['exceptions' => $sent])['data']['exceptions'];
        self::assertSame([null, 'subnet', null], array_column($checked, 'wrong'));
        self::assertSame('198.51.100.0/24', $checked[0]['exception']['subnet']);
        $over = ['subnet' => '1.0.1.1/32', 'expires_at' => '2019-12-31T22:00:00Z', 'is_over' => true];
        self::assertSame($over + ['is_replaced' => false], $checked[2]['exception']);
    }

    public function testWhatSomebodyTypedIsASubnetOrAHostAsTheHelperSays(): void
    {
        $typed = ['Anna.example.net.', '198.51.100.7', 'anna', '10.0.0.300', 'anna@example.net'];
        $sent = array_map(static fn (string $text): array => ['text' => $text], $typed);
        $checked = self::$pbx->rest('Policy', 'check', ['exceptions' => $sent])['data']['exceptions'];
        self::assertSame([null, null, 'host', 'subnet', 'host'], array_column($checked, 'wrong'));
        self::assertSame('anna.example.net', $checked[0]['exception']['host']);
        self::assertArrayNotHasKey('subnet', $checked[0]['exception']);
        self::assertSame('198.51.100.7/32', $checked[1]['exception']['subnet']);
    }

    public function testMoreHostsThanCanBeFollowedAreRefusedByTheirField(): void
    {
        $hosts = array_map(static fn (int $n): array => ['host' => "host$n.example.net"], range(1, 65));
        $refused = self::$pbx->rest('Policy', 'patch', ['exceptions' => $hosts]);
        self::assertSame([422, 'exceptions'], [$refused['httpCode'], $refused['data']['error']['field']]);
    }

    public function testAnAddressIsUnderstoodAsPeopleCopyIt(): void
    {
        $sent = '1.0.1.1:5060,[2001:db8::1]:5060,::FFFF:1.0.1.1';
        $addresses = self::$pbx->rest('Addresses', 'explain', ['address' => $sent])['data']['addresses'];
        self::assertSame(['1.0.1.1', '2001:db8::1', '1.0.1.1'], array_column($addresses, 'address'));
        $refused = self::$pbx->rest('Addresses', 'explain', ['address' => '1.0.1.1, localhost']);
        self::assertSame('address', $refused['data']['error']['field']);
    }

    public function testAnAddressIsExplained(): void
    {
        $answer = self::$pbx->rest('Addresses', 'explain', ['address' => '1.0.1.1, 1.0.8.1,10.1.2.3']);
        $addresses = $answer['data']['addresses'];
        self::assertSame(['drop', 'pass', 'pass'], array_column($addresses, 'verdict'));
        self::assertSame('CN', $addresses[0]['country']);
        self::assertSame('1.0.8.0/21', $addresses[1]['entry']);
    }

    public function testTheFilterOfThePageIsRememberedWithoutTouchingThePolicy(): void
    {
        $log = self::$pbx->log();
        $answer = self::$pbx->rest('Policy', 'patch', ['statusFilter' => 'allowed']);
        self::assertSame('allowed', $answer['data']['statusFilter']);
        self::assertSame('allowed', self::$pbx->rest('Policy', 'getList')['data']['statusFilter']);
        self::assertSame($log, self::$pbx->log(), 'no policy was saved');
    }

    public function testALineOfTheAuditCannotBeForged(): void
    {
        self::$pbx->act('rest', 'Policy', 'patch', ['unknown' => 'drop'], [
            'remote_addr' => "198.51.100.7\nroot",
            'user_name' => "eve\nthe policy was saved by admin",
        ]);
        $log = self::$pbx->notes('syslog');
        $audit = array_filter($log, static fn (array $line): bool => $line['level'] === LOG_NOTICE);
        self::assertSame(
            'the policy was saved by eve the policy was saved by admin from 198.51.100.7 root: unknown pass -> drop',
            end($audit)['message']
        );
    }

    public function testWhoMaySeeThePageMayReadAndNobodyElseMayAnything(): void
    {
        $rights = self::$pbx->act('rights');
        $reading = [
            'activity:getList',
            'addresses:explain',
            'countries:getList',
            'learning:getList',
            'lists:getList',
            'networks:getList',
            'policy:affected',
            'policy:check',
            'policy:export',
            'policy:getList',
            'policy:preview',
            'status:getList',
            'update:getList',
        ];
        self::assertSame($reading, self::sorted($rights['viewer']));
        self::assertArrayNotHasKey('stranger', $rights);
        self::assertArrayNotHasKey('guests', $rights);
        self::assertContains('policy:update', $rights['admins']);
    }

    /**
     * The month of the zip's data: gzip keeps the name of the file that it packed.
     */
    private static function bundledRelease(): string
    {
        $beginning = file_get_contents(self::$pbx->module() . '/data/dbip-country-lite.csv.gz', length: 64);
        self::assertSame(1, preg_match('/-(\d{4}-\d{2})\.csv/', $beginning, $month));

        return $month[1];
    }

    /**
     * @return list<mixed>
     */
    private function everything(): array
    {
        $settings = self::$pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db');

        return [
            $settings->query('SELECT * FROM m_ModuleGeoIP')->fetchAll(),
            self::$pbx->shell('iptables', '-S'),
            self::$pbx->shell('ip6tables', '-S'),
            md5(self::$pbx->shell('ipset', 'save')),
        ];
    }

    /**
     * @param list<string> $texts
     * @return list<string>
     */
    private static function sorted(array $texts): array
    {
        sort($texts);

        return $texts;
    }
}

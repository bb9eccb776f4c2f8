<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;
use RuntimeException;

/**
 * Exceptions have a note and an end, and are gone when it comes.
 */
final class ExceptionsTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1/32';

    public function testAnExceptionThatEndsPassesUntilThenAndIsGoneFromKernelListsAndSettings(): void
    {
        $saved = $this->save([
            ['subnet' => self::IN_CHINA, 'note' => 'Anna is travelling', 'expires_at' => self::in(6)],
            ['subnet' => '1.0.2.0/24', 'note' => 'the office'],
        ]);
        self::assertTrue($saved['result'] ?? true);
        self::assertTrue($saved['data']['inForce']);
        self::assertTrue($this->hasPass('1.0.1.1'));
        self::assertTrue($this->status()['inForce']);
        self::assertSame('timed_exception', $this->explain('1.0.1.1')['reason']);
        self::assertSame('exception', $this->explain('1.0.2.2')['reason']);
        $revision = $this->policy()['revision'];

        sleep(7);
        self::assertFalse($this->hasPass('1.0.1.1'), 'the kernel ended it by itself');
        self::assertSame(['1.0.2.0/24'], array_column($this->policy()['exceptions'], 'subnet'));
        self::assertTrue($this->status()['inForce']);
        self::assertSame('country_blocked', $this->explain('1.0.1.1')['reason']);

        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertStringNotContainsString('Anna', $this->stored());
        self::assertStringContainsString('the exception ' . self::IN_CHINA . ' until ', $this->pbx->log());
        self::assertSame($revision, $this->policy()['revision'], 'that an exception ends is nobody\'s change');
        $another = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP'], 'revision' => $revision]);
        self::assertSame(['CN', 'KP'], $another['data']['countries']);
    }

    public function testAfterARebootOnlyThoseThatAreNotOverAreBack(): void
    {
        $this->save([
            ['subnet' => self::IN_CHINA, 'expires_at' => self::in(2)],
            ['subnet' => '1.0.2.2', 'expires_at' => self::in(600)],
        ]);
        sleep(3);
        $this->pbx->boot();
        $this->pbx->act('reloadFirewall');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame([false, true], [$this->hasPass('1.0.1.1'), $this->hasPass('1.0.2.2')]);
        self::assertSame(['1.0.2.2/32'], array_column($this->policy()['exceptions'], 'subnet'));
        self::assertTrue($this->status()['inForce']);
    }

    public function testWhoAddedAndRemovedAnExceptionStandsInTheLog(): void
    {
        $expires = self::in(600);
        $this->save([['subnet' => self::IN_CHINA, 'note' => 'Anna', 'expires_at' => $expires]]);
        $this->save([]);
        $exception = self::IN_CHINA . " until $expires (Anna)";
        self::assertStringContainsString(
            "saved by admin from 198.51.100.7: countries +CN; exceptions +$exception",
            $this->pbx->log()
        );
        self::assertStringContainsString("saved by admin from 198.51.100.7: exceptions -$exception", $this->pbx->log());
        self::assertFalse($this->hasPass('1.0.1.1'));
    }

    public function testAnExceptionThatIsOverAlreadyIsLeftOutWithAWarning(): void
    {
        $saved = $this->save([['subnet' => self::IN_CHINA, 'expires_at' => self::in(-1)], '1.0.2.2']);
        self::assertSame(['policy.exception_expired'], array_column($saved['data']['warnings'], 'code'));
        self::assertSame(['1.0.2.2/32'], array_column($saved['data']['exceptions'], 'subnet'));
    }

    public function testTheFormThatEarlierVersionsStoredIsStillInForce(): void
    {
        $this->save([]);
        $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db')
            ->exec("UPDATE m_ModuleGeoIP SET exceptions = '[\"1.0.1.1/32\"]', revision = NULL");
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame(
            [['subnet' => self::IN_CHINA, 'note' => '', 'expires_at' => null]],
            $this->policy()['exceptions']
        );
        self::assertSame('exception', $this->explain('1.0.1.1')['reason']);
        self::assertTrue($this->status()['inForce']);
    }

    public function testAnUpgradeKeepsTheExceptionsThatHadAnotherColumnAndAnotherWordForTheirEnd(): void
    {
        $this->save([]);
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', true);
        $end = self::in(600);
        $earlier = [['subnet' => self::IN_CHINA, 'note' => 'Anna', 'expires' => $end]];
        $database = $this->pbx->database('mikopbx/custom_modules/Backup/ModuleGeoIP/db/module.db');
        $database->exec('ALTER TABLE m_ModuleGeoIP RENAME COLUMN exceptions TO allowList');
        $database->prepare('UPDATE m_ModuleGeoIP SET allowList = ?')->execute([json_encode($earlier)]);
        $this->pbx->installAndEnable();
        self::assertSame(
            [['subnet' => self::IN_CHINA, 'note' => 'Anna', 'expires_at' => $end]],
            $this->policy()['exceptions']
        );
        self::assertSame('timed_exception', $this->explain('1.0.1.1')['reason']);
    }

    public function testAHostPassesByTheAddressesOfItsNameWhichTheStatusTells(): void
    {
        $this->know("1.0.1.1 anna.example.net\n2001:250::7 anna.example.net\n");
        $saved = $this->save([['host' => 'Anna.Example.net', 'note' => 'at home'], ['host' => 'silent.example.net']]);
        self::assertTrue($saved['data']['inForce']);
        self::assertSame(
            [['host' => 'anna.example.net', 'note' => 'at home', 'expires_at' => null]],
            array_slice($this->policy()['exceptions'], 0, 1)
        );
        self::assertContains('host.silent', array_column($saved['data']['warnings'], 'code'));
        [$anna, $silent] = $this->status()['hosts'];
        self::assertSame(['1.0.1.1', '2001:250::/64'], $anna['addresses']);
        self::assertSame([[], ['host.silent']], [$silent['addresses'], $silent['warnings']]);
        self::assertTrue($this->hasPass('1.0.1.1'));
        $explained = $this->explain('1.0.1.1');
        self::assertSame(['pass', 'host_exception', 'anna.example.net'], [
            $explained['verdict'], $explained['reason'], $explained['entry'],
        ]);
        self::assertStringContainsString('exceptions +anna.example.net (at home)', $this->pbx->log());

        $this->know("1.0.2.2 anna.example.net\n2001:250::7 anna.example.net\n");
        $this->pbx->act('watch');
        [$anna] = $this->status()['hosts'];
        self::assertSame([['1.0.2.2', '2001:250::/64'], ['1.0.1.1']], [$anna['addresses'], $anna['former']]);
        self::assertSame([true, true], [$this->hasPass('1.0.1.1'), $this->hasPass('1.0.2.2')]);
        $this->save([]);
        self::assertSame([[], false], [$this->status()['hosts'], $this->hasPass('1.0.2.2')]);
    }

    public function testAHostThatEndsIsGoneFromTheSettings(): void
    {
        $this->know("1.0.1.1 anna.example.net\n");
        $this->save([['host' => 'anna.example.net', 'note' => 'for a day', 'expires_at' => self::in(4)]]);
        self::assertTrue($this->hasPass('1.0.1.1'));
        sleep(5);
        self::assertSame([[], false], [$this->policy()['exceptions'], $this->hasPass('1.0.1.1')]);
    }

    public function testANoteOfTwoLinesOrALocalTimeIsRefusedWithTheField(): void
    {
        foreach (['note' => "a\nb", 'expires_at' => '2030-01-01 12:00'] as $field => $value) {
            $refused = $this->save([['subnet' => self::IN_CHINA, $field => $value]]);
            self::assertSame([422, "exceptions.$field"], [$refused['httpCode'], $refused['data']['error']['field']]);
        }
        self::assertSame([], $this->policy()['exceptions']);
    }

    /**
     * What this PBX's `/etc/hosts` says; no name server answers.
     */
    private function know(string $hosts): void
    {
        $this->pbx->writeEtc('hosts', $hosts);
        $this->pbx->writeEtc('resolv.conf', "nameserver 127.0.0.1\n");
    }

    private static function in(int $seconds): string
    {
        return gmdate('Y-m-d\TH:i:s\Z', time() + $seconds);
    }

    private function save(array $exceptions): array
    {
        return $this->pbx->rest('Policy', 'patch', ['countries' => ['CN'], 'exceptions' => $exceptions]);
    }

    private function policy(): array
    {
        return $this->pbx->rest('Policy', 'getList')['data'];
    }

    private function status(): array
    {
        return $this->pbx->rest('Status', 'getList')['data'];
    }

    private function explain(string $address): array
    {
        return $this->pbx->rest('Addresses', 'explain', ['address' => $address])['data']['addresses'][0];
    }

    private function stored(): string
    {
        $database = $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db');

        return (string)$database->query('SELECT exceptions FROM m_ModuleGeoIP')->fetchColumn();
    }

    private function hasPass(string $address): bool
    {
        try {
            $this->pbx->shell('ipset', '-q', 'test', 'geoip_exempt_v4', $address);

            return true;
        } catch (RuntimeException) {
            return false;
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\Pbx;
use GeoIpTests\Support\PbxTestCase;

/**
 * The module takes over from its earlier, PHP-only version: its settings, and its names in the kernel.
 */
final class UpgradeFromEarlierVersionTest extends PbxTestCase
{
    public function testSelectionSourceAndFilterSurviveOnce(): void
    {
        $this->leaveOldSettings([['cn', '1'], ['RU', '1'], ['DE', '0'], ['XK', '1'], ['QQ', '1'], ['nonsense', '1']]);
        $this->pbx->install();
        $policy = $this->pbx->rest('Policy', 'getList')['data'];
        self::assertSame('dbip', $policy['source']);
        self::assertSame('block', $policy['mode']);
        self::assertSame(['CN', 'RU', 'XK'], $policy['countries'], 'what no source knows would block nothing');
        self::assertSame('blocked', $policy['statusFilter']);
        self::assertStringContainsString('that no source knows: QQ', $this->pbx->log());
        self::assertSame([], $this->tables('m_GeoFilterCountries'));

        $this->pbx->act('enable');
        self::assertTrue($this->pbx->drops('1.0.1.1'));
        $this->pbx->rest('Policy', 'patch', ['countries' => ['KP']]);
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', true);
        $this->pbx->install();
        self::assertSame(['KP'], $this->pbx->rest('Policy', 'getList')['data']['countries'], 'taken over only once');
    }

    public function testWhatTheEarlierVersionLeftInTheKernelIsReplaced(): void
    {
        $this->leaveOldSettings([['CN', '1']]);
        $this->leaveOldKernelObjects();
        $this->pbx->install();
        $this->pbx->act('enable');
        self::assertSame(Pbx::SETS, $this->pbx->sets());
        self::assertCount(1, preg_grep('/GEOIP_CHECK/', $this->pbx->rules()), 'one jump, not two');
        self::assertTrue($this->pbx->drops('1.0.1.1'));
        self::assertFalse($this->pbx->drops('203.0.113.77'), 'its old entries are gone');
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertSame([], $this->pbx->traces());
    }

    public function testAnUpgradeThatCannotTakeOverFailsAndLeavesNothingBehind(): void
    {
        $this->pbx->unpack();
        file_put_contents("{$this->pbx->disk}/mikopbx/custom_modules/fail-installation", '');
        self::assertFalse($this->pbx->act('install')['done']);
        // Core itself takes back the files that it unpacked.
        exec('rm -rf ' . escapeshellarg($this->pbx->module()));
        self::assertSame([], $this->pbx->traces());
    }

    /**
     * @param list<array{string, string}> $countries
     */
    private function leaveOldSettings(array $countries): void
    {
        $backup = 'mikopbx/custom_modules/Backup/ModuleGeoIP/db';
        mkdir("{$this->pbx->disk}/$backup", 0755, true);
        $old = $this->pbx->database("$backup/module.db");
        $old->exec('CREATE TABLE m_ModuleGeoIP (id INTEGER PRIMARY KEY, lastUpdate TEXT, statusFilter TEXT,'
            . ' dataSource TEXT)');
        $old->exec("INSERT INTO m_ModuleGeoIP VALUES (1, '1700000000', 'blocked', 'dbip')");
        $old->exec('CREATE TABLE m_GeoFilterCountries (id INTEGER PRIMARY KEY, country_code TEXT, blocked TEXT)');
        $insert = $old->prepare('INSERT INTO m_GeoFilterCountries (country_code, blocked) VALUES (?, ?)');
        foreach ($countries as $country) {
            $insert->execute($country);
        }
    }

    private function leaveOldKernelObjects(): void
    {
        foreach (['4' => 'inet', '6' => 'inet6'] as $version => $family) {
            $tool = $version === 4 ? 'iptables' : 'ip6tables';
            $chain = $version === 4 ? 'GEOIP_CHECK' : 'GEOIP_CHECK_V6';
            foreach (['blocked', 'allowed'] as $kind) {
                $this->pbx->shell('ipset', 'create', "geoip_{$kind}_v$version", 'hash:net', 'family', $family);
            }
            $this->pbx->shell($tool, '-N', $chain);
            $allowed = ['-m', 'set', '--match-set', "geoip_allowed_v$version", 'src', '-j', 'RETURN'];
            $this->pbx->shell($tool, '-A', $chain, ...$allowed);
            $blocked = ['-m', 'set', '--match-set', "geoip_blocked_v$version", 'src', '-j', 'DROP'];
            $this->pbx->shell($tool, '-A', $chain, ...$blocked);
            $this->pbx->shell($tool, '-A', 'INPUT', '-j', $chain);
        }
        $this->pbx->shell('ipset', 'add', 'geoip_blocked_v4', '203.0.113.0/24');
    }

    /**
     * @return list<string>
     */
    private function tables(string $name): array
    {
        $found = $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db')
            ->query("SELECT name FROM sqlite_master WHERE name = '$name'");

        return $found->fetchAll(\PDO::FETCH_COLUMN);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use LogicException;
use Modules\ModuleGeoIP\Lib\Pbx\Attempt;
use PHPUnit\Framework\TestCase;

/**
 * What Core does not have is done without, and said once.
 */
final class AttemptTest extends TestCase
{
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/geoip-attempt-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
        putenv("GEOIP_TEST_PBX=$this->directory");
    }

    protected function tearDown(): void
    {
        putenv('GEOIP_TEST_PBX');
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    public function testWhatWorksIsUsed(): void
    {
        self::assertSame('done', Attempt::to('do it', static fn (): string => 'done', 'otherwise'));
        self::assertSame([], $this->log());
    }

    public function testWhatIsMissingIsDoneWithoutAndSaidOnce(): void
    {
        for ($time = 1; $time <= 3; $time++) {
            self::assertSame(
                'otherwise',
                Attempt::to('phone', static fn (): string => \MikoPBX\Core\Telegraph::send(), 'otherwise')
            );
        }
        self::assertSame(['cannot phone: Class "MikoPBX\Core\Telegraph" not found'], $this->log());
    }

    public function testAnotherReasonIsSaidToo(): void
    {
        foreach (['too early', 'too late', 'too early'] as $reason) {
            Attempt::to('come', static fn (): never => throw new LogicException($reason));
        }
        self::assertSame(['cannot come: too early', 'cannot come: too late'], $this->log());
    }

    /**
     * @return list<string>
     */
    private function log(): array
    {
        $lines = @file("$this->directory/syslog") ?: [];

        return array_map(static fn (string $line): string => json_decode($line, true)['message'], $lines);
    }
}

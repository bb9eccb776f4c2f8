<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Update\UpdateStatus;
use PHPUnit\Framework\TestCase;

final class UpdateStatusTest extends TestCase
{
    /** Without the second look one of the first hundred is told to be dead. */
    private const UPDATES = 500;

    private string $pbx;

    protected function setUp(): void
    {
        $this->pbx = sys_get_temp_dir() . '/geoip-' . bin2hex(random_bytes(8));
        mkdir($this->pbx);
        putenv("GEOIP_TEST_PBX=$this->pbx");
    }

    protected function tearDown(): void
    {
        putenv('GEOIP_TEST_PBX');
        exec('rm -rf ' . escapeshellarg($this->pbx));
    }

    /**
     * Somebody looks all the time, and is held at whatever it is just doing while the update ends.
     */
    public function testAnUpdateThatEndsWhileItIsLookedAtIsNotTakenForDead(): void
    {
        $looker = pcntl_fork();
        if ($looker === 0) {
            $this->lookUntilOneIsDead();
            posix_kill(posix_getpid(), SIGKILL);
        }
        try {
            for ($update = 1; $update <= self::UPDATES; $update++) {
                $lock = Lock::take(UpdateStatus::lockPath(), 1.0);
                self::assertNotNull($lock);
                $status = UpdateStatus::load();
                $status->begin('dbip', 'manual');
                usleep(random_int(0, 200));
                posix_kill($looker, SIGSTOP);
                pcntl_waitpid($looker, $state, WUNTRACED);
                self::assertTrue(pcntl_wifstopped($state), "update $update was told to be dead");
                $status->fail(new HelperError('source.download', 'cut off'));
                $lock->release();
                posix_kill($looker, SIGCONT);
            }
        } finally {
            posix_kill($looker, SIGKILL);
            pcntl_waitpid($looker, $state);
        }
    }

    public function testAnUpdateWhoseProcessIsGoneHasFailed(): void
    {
        $lock = Lock::take(UpdateStatus::lockPath());
        UpdateStatus::load()->begin('dbip', 'manual');
        self::assertSame(UpdateStatus::RUNNING, UpdateStatus::load()->state());
        $lock?->release();
        self::assertSame('update.died', UpdateStatus::load()->toArray()['error']['code']);
    }

    public function testWhoeverOnlyLooksIsNoUpdate(): void
    {
        $lock = Lock::take(UpdateStatus::lockPath());
        $lock?->release();
        $looks = fopen(UpdateStatus::lockPath(), 'r');
        self::assertTrue(flock($looks, LOCK_SH | LOCK_NB));
        self::assertFalse(Lock::isHeld(UpdateStatus::lockPath()));
        fclose($looks);
    }

    private function lookUntilOneIsDead(): void
    {
        do {
            $status = UpdateStatus::load()->toArray();
        } while (($status['error']['code'] ?? '') !== 'update.died');
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Helper\ChildProcess;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use PHPUnit\Framework\TestCase;

final class ChildProcessTest extends TestCase
{
    /** @var list<string> */
    private array $lines = [];

    /** @var list<float> */
    private array $times = [];

    public function testLinesArriveWhileTheProgramRuns(): void
    {
        $this->execute('echo one; sleep 0.4; echo two', '');
        self::assertSame(['one', 'two'], $this->lines);
        self::assertGreaterThan(0.3, $this->times[1] - $this->times[0]);
    }

    public function testALineIsWholeHoweverItWasWritten(): void
    {
        $this->execute('printf "on"; sleep 0.1; printf "e\n\ntwo"', '');
        self::assertSame(['one', 'two'], $this->lines);
    }

    public function testFullPipesOnAllSidesDoNotHang(): void
    {
        $input = str_repeat("0123456789\n", 200000);
        $noise = 'head -c 1000000 /dev/zero | tr "\0" x >&2';
        $this->execute("$noise; cat; $noise", $input);
        self::assertCount(200000, $this->lines);
    }

    public function testAProgramThatIgnoresItsInputIsNoTrouble(): void
    {
        self::assertSame(3, $this->execute('exit 3', str_repeat('x', 1000000)));
    }

    public function testTheEndOfTheLogIsKept(): void
    {
        $process = new ChildProcess(['/bin/sh', '-c', 'seq 100000 >&2'], static function (): void {
        });
        $process->run('', 10);
        self::assertStringEndsWith("99999\n100000", $process->log());
        self::assertLessThan(5000, strlen($process->log()));
    }

    public function testOneThatDoesNotEndIsEnded(): void
    {
        $start = microtime(true);
        try {
            $this->execute('trap "" TERM; echo $$; while :; do sleep 0.1; done', '', 0.5);
            self::fail('it ended');
        } catch (HelperError $error) {
            self::assertSame([HelperError::TIMEOUT, true], [$error->codeWord, $error->retryable]);
        }
        self::assertLessThan(4.0, microtime(true) - $start);
        self::assertDirectoryDoesNotExist("/proc/{$this->lines[0]}");
    }

    public function testNothingOfTheCallersSecretsIsPassedOn(): void
    {
        putenv('GEOIP_SECRET=1');
        putenv('https_proxy=http://proxy.example:3128');
        $this->execute('env', '');
        putenv('GEOIP_SECRET');
        putenv('https_proxy');
        self::assertContains('https_proxy=http://proxy.example:3128', $this->lines);
        self::assertSame([], preg_grep('/SECRET/', $this->lines));
    }

    private function execute(string $script, string $input, float $seconds = 10): int
    {
        $process = new ChildProcess(['/bin/sh', '-c', $script], function (string $line): void {
            $this->lines[] = $line;
            $this->times[] = microtime(true);
        });

        return $process->run($input, $seconds);
    }
}

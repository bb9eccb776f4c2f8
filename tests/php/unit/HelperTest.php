<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Unit;

use Modules\ModuleGeoIP\Lib\Helper\Binary;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use PHPUnit\Framework\TestCase;

/**
 * Which program is run, and what becomes of answers that are none.
 */
final class HelperTest extends TestCase
{
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/geoip-bin-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
        // Where the log of the module goes.
        putenv("GEOIP_TEST_PBX=$this->directory");
    }

    protected function tearDown(): void
    {
        putenv('GEOIP_TEST_PBX');
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    public static function machines(): array
    {
        return [['x86_64', 'x86_64'], ['amd64', 'x86_64'], ['aarch64', 'aarch64'], ['ARM64', 'aarch64']];
    }

    /**
     * @dataProvider machines
     */
    public function testTheProgramFitsTheMachine(string $machine, string $architecture): void
    {
        $this->install($architecture, 'echo');
        $path = $this->binary($machine)->verifiedPath();
        self::assertStringEndsWith("geoip-helper-$architecture", $path);
    }

    public function testAMachineWithoutAProgramIsNamed(): void
    {
        $this->expectExceptionMessage('there is no helper for riscv64 machines');
        $this->binary('riscv64')->verifiedPath();
    }

    public function testAProgramThatChecksOutNowhereIsNotRun(): void
    {
        $this->install('x86_64', 'echo');
        unlink("$this->directory/geoip-helper.sha256");
        self::assertSame(HelperError::DAMAGED, $this->failure(''));
    }

    public static function answers(): array
    {
        return [
            'nothing' => ['exit 0', HelperError::CRASHED],
            'no JSON' => ['echo hello', HelperError::CRASHED],
            'progress only' => [
                'echo \'{"type":"progress","stage":"parse","percent":1,"overall":1,"detail":""}\'',
                HelperError::CRASHED,
            ],
            'another version' => ['echo \'{"type":"reply","v":2,"ok":true,"data":{}}\'', HelperError::CRASHED],
            'killed' => ['kill -9 $$', HelperError::CRASHED],
            'a failure' => [
                'echo \'{"type":"reply","v":1,"ok":false,"error":{"code":"state.busy","retryable":true}}\'; exit 3',
                'state.busy',
            ],
        ];
    }

    /**
     * @dataProvider answers
     */
    public function testAnAnswerThatIsNoneIsAFailureWithACode(string $script, string $code): void
    {
        self::assertSame($code, $this->failure($script));
    }

    public function testProgressAndReplyAreTyped(): void
    {
        $this->install('x86_64', <<<'SH'
            echo '{"type":"progress","stage":"parse","percent":40,"overall":70,"detail":"a file"}'
            data='{"attached":true}'
            warnings='[{"code":"a.b","message":"c"},{"code":"d.e","message":"f","remedy":"heal"}]'
            echo '{"type":"reply","v":1,"ok":true,"data":'"$data"',"warnings":'"$warnings"'}'
            SH);
        $seen = [];
        $reply = $this->helper()->run('status', [], 5, static function ($progress) use (&$seen): void {
            $seen[] = [$progress->stage, $progress->percent];
        });
        self::assertSame([['parse', 70]], $seen);
        self::assertTrue($reply->data->flag('attached'));
        self::assertSame([
            ['code' => 'a.b', 'message' => 'c', 'remedy' => ''],
            ['code' => 'd.e', 'message' => 'f', 'remedy' => 'heal'],
        ], $reply->warnings);
    }

    public function testAProgramOnceFoundWholeIsReadAgainWhenAnythingAboutItChanges(): void
    {
        mkdir("$this->directory/state");
        $this->install('x86_64', 'echo');
        $path = $this->binary('x86_64')->verifiedPath();
        $stamp = file_get_contents("$this->directory/state/" . Binary::STAMP);
        self::assertNotSame('', $stamp);
        // The same size and the same time of modification, as an attacker would leave it.
        $modified = filemtime($path);
        sleep(1);
        file_put_contents($path, str_replace('echo', 'exit', file_get_contents($path)));
        touch($path, $modified);
        $this->expectExceptionMessage('is not the file that was packed');
        $this->binary('x86_64')->verifiedPath();
    }

    public function testAProgramThatMayNotRunForAMomentWhileCoreInstallsIsWaitedFor(): void
    {
        $this->install('x86_64', 'echo');
        $path = "$this->directory/geoip-helper-x86_64";
        chmod($path, 0644);
        exec('(sleep 0.3; chmod 755 ' . escapeshellarg($path) . ') > /dev/null 2>&1 &');
        self::assertSame($path, $this->binary('x86_64')->verifiedPath());
    }

    public function testAProgramThatMayNeverRunIsNamed(): void
    {
        $this->install('x86_64', 'echo');
        chmod("$this->directory/geoip-helper-x86_64", 0644);
        self::assertSame(HelperError::MISSING, $this->failure(''));
    }

    private function binary(string $machine): Binary
    {
        return new Binary($this->directory, $machine, "$this->directory/state");
    }

    private function failure(string $script): string
    {
        $script === '' || $this->install('x86_64', $script);
        try {
            $this->helper()->run('status');
        } catch (HelperError $error) {
            return $error->codeWord;
        }
        self::fail('it succeeded');
    }

    private function helper(): Helper
    {
        return new Helper($this->binary('x86_64'), "$this->directory/state");
    }

    private function install(string $architecture, string $script): void
    {
        $path = "$this->directory/geoip-helper-$architecture";
        file_put_contents($path, "#!/bin/sh\n$script\n");
        chmod($path, 0755);
        $sum = hash_file('sha256', $path) . '  ' . basename($path) . "\n";
        file_put_contents("$this->directory/geoip-helper.sha256", $sum);
    }
}

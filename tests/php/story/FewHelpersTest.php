<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Each run of the helper costs a process and a look at disk and kernel: one answer carries what one request needs.
 */
final class FewHelpersTest extends EnabledModuleTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->noteRuns();
    }

    public function testASaveIsCheckedAndApplied(): void
    {
        self::assertSame(['validate', 'apply'], $this->runs('Policy', 'patch', ['countries' => ['CN']]));
        self::assertSame(
            ['validate', 'apply'],
            $this->runs('Policy', 'patch', ['countries' => ['KP'], 'confirm' => true])
        );
        self::assertSame(
            ['status', 'validate', 'apply'],
            $this->runs('Policy', 'patch', ['countries' => ['VN']]),
            'what became of the change before it is asked first'
        );
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);
    }

    public function testWhatEndsIsLookedAtBeforeASaveAndInIt(): void
    {
        $exception = ['subnet' => '198.51.100.0/24', 'note' => '', 'expires_at' => '2099-01-01T00:00:00Z'];
        self::assertSame(['validate', 'apply'], $this->runs('Policy', 'patch', ['exceptions' => [$exception]]));
        self::assertSame(['validate', 'validate', 'apply'], $this->runs('Policy', 'patch', ['countries' => ['CN']]));
        self::assertSame(['validate'], $this->runs('Policy', 'getList'));
    }

    public function testThePageTakesTwoToBeThere(): void
    {
        self::assertSame([], $this->runs('Policy', 'getList'));
        self::assertSame(['countries'], $this->runs('Countries', 'getList'));
        self::assertSame(['status'], $this->runs('Status', 'getList'));
    }

    public function testAnAnswerAboutAddressesOrAPolicyIsOneQuestion(): void
    {
        self::assertSame(['preview'], $this->runs('Policy', 'preview', ['countries' => ['CN']]));
        self::assertSame(['explain'], $this->runs('Policy', 'affected', ['countries' => ['CN']]));
        self::assertSame(['validate'], $this->runs('Policy', 'check', ['exceptions' => ['1.0.1.1']]));
        self::assertSame(['explain'], $this->runs('Addresses', 'explain', ['address' => '1.0.1.1']));
    }

    /**
     * The operations that a request has the helper do.
     *
     * @param array<string, mixed> $data
     * @return list<string>
     */
    private function runs(string $resource, string $action, array $data = []): array
    {
        file_put_contents($this->notes(), '');
        $this->pbx->rest($resource, $action, $data);

        return file($this->notes(), FILE_IGNORE_NEW_LINES);
    }

    /**
     * Puts a script in the helper's place that notes the operation and goes on as the helper.
     */
    private function noteRuns(): void
    {
        $program = $this->pbx->module() . '/bin/geoip-helper-' . php_uname('m');
        rename($program, "$program.real");
        file_put_contents($program, <<<SH
            #!/bin/sh
            for word in "\$@"; do operation=\$word; done
            echo "\$operation" >> '{$this->notes()}'
            exec '$program.real' "\$@"
            SH);
        chmod($program, 0755);
        $sum = hash_file('sha256', $program);
        file_put_contents($this->pbx->module() . '/bin/geoip-helper.sha256', "$sum  " . basename($program) . "\n");
    }

    private function notes(): string
    {
        return $this->pbx->state() . '-runs';
    }
}

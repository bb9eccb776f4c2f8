<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Where this PBX cannot filter, another firewall takes a file of what is saved.
 */
final class ExportTest extends EnabledModuleTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['KP'], 'exceptions' => ['175.45.177.0/24']]);
    }

    public function testTheFileHoldsWhatIsSavedForWhoeverMayRead(): void
    {
        $file = $this->export(['format' => 'cidr'])['fpassthru'];
        self::assertSame(['geoip.txt', 'text/plain; charset=utf-8'], [$file['download_name'], $file['content_type']]);
        self::assertSame(0644, fileperms($file['filename']) & 0777, 'the web server reads it');
        $lines = file($file['filename'], FILE_IGNORE_NEW_LINES);
        self::assertContains('175.45.176.0/24', $lines);
        self::assertNotContains('175.45.177.0/24', $lines);
        self::assertStringContainsString('IP Geolocation by DB-IP', implode("\n", $lines));
    }

    public function testWhatThereIsToKnowAboutItIsAnsweredInItsPlace(): void
    {
        $known = $this->export(['format' => 'ipset', 'network' => 'bridge', 'describe' => 'true']);
        self::assertSame('geoip.ipset', $known['name']);
        self::assertSame([], $known['warnings']);
        self::assertGreaterThan(1, $known['subnets']['v4']);
        self::assertStringContainsString('DOCKER-USER', implode("\n", $known['commands']));
        $again = $this->export(['format' => 'ipset', 'network' => 'host', 'describe' => 'true']);
        self::assertSame($known['sha256'], $again['sha256'], 'rules are not in this file');
        $other = $this->export(['format' => 'ipset', 'family' => 'v6', 'describe' => 'true']);
        self::assertNotSame($known['sha256'], $other['sha256']);
        self::assertSame('geoip-v6.ipset', $other['name']);
    }

    /**
     * @dataProvider mistakes
     * @param array<string, string> $request
     */
    public function testWhatCannotBeRightIsNamed(array $request, string $field): void
    {
        $answer = $this->pbx->rest('Policy', 'export', $request);
        self::assertSame([422, $field], [$answer['httpCode'], $answer['data']['error']['field']]);
    }

    public static function mistakes(): array
    {
        return [
            'no format' => [[], 'format'],
            'no format that is known' => [['format' => '../nft'], 'format'],
            'no network that is known' => [['format' => 'nft', 'network' => 'moon'], 'network'],
            'no family' => [['format' => 'nft', 'family' => 'v5'], 'family'],
        ];
    }

    public function testNothingOfItIsLeftBehind(): void
    {
        $file = $this->export(['format' => 'nft'])['fpassthru']['filename'];
        self::assertFileExists($file);
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', false);
        self::assertFileDoesNotExist($file);
        self::assertSame([], $this->pbx->traces());
    }

    /**
     * @param array<string, string> $request
     * @return array<string, mixed>
     */
    private function export(array $request): array
    {
        $answer = $this->pbx->rest('Policy', 'export', $request);
        self::assertSame(200, $answer['httpCode'], json_encode($answer));

        return $answer['data'];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\CoreUses;
use GeoIpTests\Support\Pbx;
use MikoPBX\Common\Models\Extensions;
use MikoPBX\Common\Models\Sip;
use MikoPBX\Common\Providers\TranslationProvider;
use MikoPBX\Core\System\Processes;
use MikoPBX\Core\System\SystemMessages;
use PHPUnit\Framework\TestCase;

/**
 * A Core that lacks something the module uses: the filter goes on, requests are answered, and the log says what is not
 * to be had.
 */
final class AnotherCoreTest extends TestCase
{
    private const APP_PATH = 'MikoPBX\\Common\\Config\\appPath';

    private const PHONE = '1.0.1.1';

    private static Pbx $pbx;

    public static function setUpBeforeClass(): void
    {
        self::$pbx = new Pbx();
        self::$pbx->installAndEnable();
        self::$pbx->act('setting', 'SystemNotificationsEmail', 'admin@example.com');
        self::$pbx->act('setting', 'SSHPort', '22');
        self::$pbx->rest('Policy', 'patch', [
            'countries' => ['KP'],
            'admin' => ['countries' => ['DE'], 'services' => ['consoles']],
        ]);
    }

    public static function tearDownAfterClass(): void
    {
        self::$pbx->destroy();
    }

    protected function setUp(): void
    {
        self::$pbx->register([['Endpoint' => '202', 'Uri' => 'sip:202@' . self::PHONE . ':5060']]);
    }

    protected function tearDown(): void
    {
        self::$pbx->lack(null);
    }

    public static function classes(): array
    {
        $cases = [];
        foreach (array_diff(CoreUses::optional(), [self::APP_PATH]) as $class) {
            $cases[basename(str_replace('\\', '/', $class))] = [$class];
        }

        return $cases;
    }

    /**
     * @dataProvider classes
     */
    public function testWithoutOneOfItsClassesTheFilterGoesOnAndTheLogSaysWhatIsMissing(string $class): void
    {
        $switched = !self::$pbx->rest('Policy', 'getList')['data']['weeklySummary'];
        $before = strlen(self::$pbx->log());
        self::$pbx->lack($class);

        self::$pbx->act('reloadFirewall');
        self::$pbx->act('queueReload');
        $saved = self::$pbx->rest('Policy', 'patch', ['countries' => ['CN', 'KP'], 'weeklySummary' => $switched]);
        self::assertSame([200, true], [$saved['httpCode'], $saved['data']['inForce']]);
        self::assertTrue(self::$pbx->drops(self::PHONE));
        $status = self::$pbx->rest('Status', 'getList');
        self::assertSame([200, 'active'], [$status['httpCode'], $status['data']['state']]);
        self::assertSame(200, self::affected()['httpCode']);
        self::$pbx->rest('Policy', 'patch', ['weeklySummary' => true]);
        self::$pbx->act('task', 'summary');
        self::assertUnforeseenTroubleIsAnswered();
        self::$pbx->act('changeSetting', 'SSHPort', '2222');
        self::$pbx->act('hook', 'onAfterPbxStarted');

        $said = substr(self::$pbx->log(), $before);
        if ($class !== SystemMessages::class) {
            self::assertStringContainsString($class, $said);
        }
    }

    public function testWithoutProvidersToReadNobodyCanTellWhomAPolicyCutsOff(): void
    {
        self::$pbx->lack(Sip::class);
        self::$pbx->register([]);
        self::assertNull(self::affected()['data']['affected']);
    }

    public function testWithoutExtensionsPhonesAreNamedByTheirNumber(): void
    {
        self::$pbx->lack(Extensions::class);
        self::assertSame(['202'], array_column(self::affected()['data']['affected'], 'name'));
    }

    public function testWithoutTranslationsAnswersAreInEnglish(): void
    {
        self::$pbx->lack(TranslationProvider::class);
        $refused = self::$pbx->rest('Policy', 'patch', ['countries' => ['Q1']]);
        self::assertSame(422, $refused['httpCode']);
        self::assertStringNotContainsString('module_geoip', $refused['messages']['error'][0]);
        self::assertStringContainsString('Q1', $refused['messages']['error'][0]);
    }

    public function testAnUpdateThatCannotBeStartedIsNotSilent(): void
    {
        self::$pbx->lack(Processes::class);
        $answer = self::$pbx->rest('Update', 'start');
        self::assertSame(500, $answer['httpCode']);
        self::assertNotSame('', $answer['messages']['error'][0]);
    }

    public function testWithoutThePathToItsPageTheModuleCanBeUninstalled(): void
    {
        $pbx = new Pbx();
        $pbx->install();
        $pbx->lack(self::APP_PATH);
        self::assertTrue($pbx->act('uninstall', false));
        self::assertStringContainsString(self::APP_PATH, $pbx->log());
    }

    private static function affected(): array
    {
        return self::$pbx->rest('Policy', 'affected', ['countries' => ['CN'], 'keepPhones' => false]);
    }

    /**
     * The settings cannot be read: nobody foresees that.
     */
    private static function assertUnforeseenTroubleIsAnswered(): void
    {
        $settings = self::$pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db');
        $settings->exec('ALTER TABLE m_ModuleGeoIP RENAME TO elsewhere');
        $answer = self::$pbx->rest('Policy', 'getList');
        $settings->exec('ALTER TABLE elsewhere RENAME TO m_ModuleGeoIP');
        self::assertSame(500, $answer['httpCode']);
        self::assertNotSame('', $answer['messages']['error'][0]);
    }
}

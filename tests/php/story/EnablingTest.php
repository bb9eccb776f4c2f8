<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Switching the module on is a change like any other: it is on trial where it cuts somebody off.
 */
final class EnablingTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';

    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $this->pbx->act('disable');
    }

    public function testWhereNobodyOfOursIsCutOffThePolicyIsInForceAtOnce(): void
    {
        $this->register('8.8.8.8');
        $this->pbx->act('enable');
        self::assertTrue($this->pbx->drops(self::IN_CHINA));
        self::assertSame([true, null, false], $this->standing());
    }

    public function testAPhoneThatIsCutOffPutsItOnTrialAndToKeepItEndsThat(): void
    {
        $trial = $this->enableOnTrial();
        self::assertTrue($this->pbx->drops(self::IN_CHINA), 'it is in force meanwhile');
        $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']]);
        $this->timeIsUp();
        $this->pbx->act('hook', 'onAfterModuleEnable');
        self::assertSame([true, null, false], $this->standing());
    }

    public function testAProviderThatIsCutOffPutsItOnTrialToo(): void
    {
        $provider = ['uniqid' => 'SIP-TRUNK-1', 'description' => 'Shanghai', 'type' => 'friend'];
        $this->pbx->act('record', 'Sip', $provider + ['host' => self::IN_CHINA]);
        $this->pbx->act('enable');
        self::assertTrue($this->status()['trial']['switchesOn']);
    }

    public function testCoreSaysItFiveTimesAndThereIsOneTrialThatGetsNoLonger(): void
    {
        $trial = $this->enableOnTrial();
        foreach (array_fill(0, 4, 'onAfterModuleEnable') as $hook) {
            $this->pbx->start('hook', $hook);
        }
        $this->pbx->finish();
        $after = $this->status()['trial'];
        self::assertSame($trial['token'], $after['token']);
        self::assertLessThanOrEqual($trial['secondsLeft'], $after['secondsLeft']);
    }

    public function testWhatNobodyKeepsIsWithheldInWordsWithAWayOutAndNotTriedAgain(): void
    {
        $this->pbx->act('setting', 'SystemNotificationsEmail', 'admin@example.com');
        $this->enableOnTrial();
        $this->timeIsUp();
        foreach (['onAfterModuleEnable', 'onAfterIptablesReload', 'onAfterPbxStarted'] as $hook) {
            $this->pbx->act('hook', $hook);
            self::assertFalse($this->pbx->drops(self::IN_CHINA), $hook);
        }
        $this->pbx->act('watch');
        $this->pbx->rest('Status', 'repair');
        self::assertSame([false, null, true], $this->standing());
        self::assertFalse($this->pbx->drops(self::IN_CHINA));
        $problems = $this->status()['problems'];
        self::assertSame(['pbx.withheld', 'enforce'], [$problems[0]['code'], $problems[0]['remedy']]);
        self::assertSame(['CN'], $this->pbx->rest('Policy', 'getList')['data']['countries'], 'the settings stay');
        self::assertStringContainsString('out of force', $this->pbx->log());
        self::assertCount(1, $this->pbx->notes('mails'), 'a filter that is out of force is no secret');
    }

    public function testAPolicyThatIsWithheldComesIntoForceByASaveThatChangesNothing(): void
    {
        $this->enableOnTrial();
        $this->timeIsUp();
        $risky = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN'], 'confirm' => true])['data'];
        self::assertSame([true, true], [$risky['inForce'], $risky['trial']['switchesOn']]);
        $this->pbx->rest('Policy', 'undo', ['token' => $risky['trial']['token']]);
        self::assertSame([false, null, true], $this->standing());
        $sure = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN'], 'confirm' => false])['data'];
        self::assertSame([true, null], [$sure['inForce'], $sure['trial']]);
        self::assertTrue($this->pbx->drops(self::IN_CHINA));
        self::assertSame([true, null, false], $this->standing());
    }

    public function testASaveThatPutsItInForceForTheFirstTimeHasNothingToGoBackTo(): void
    {
        $this->register(self::IN_CHINA);
        // An update is at work, so that there is no data yet when the module is switched on.
        unlink("{$this->pbx->state()}/dbip.geodb");
        $locks = array_map(
            fn (string $name): mixed => fopen("{$this->pbx->state()}/$name", 'c'),
            ['data.lock', 'update.lock']
        );
        array_map(static fn (mixed $lock): bool => flock($lock, LOCK_EX), $locks);
        $this->pbx->act('enable');
        array_map(static fn (mixed $lock): bool => flock($lock, LOCK_UN), $locks);
        $saved = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN', 'RU'], 'confirm' => true])['data'];
        self::assertTrue($saved['trial']['switchesOn']);
        $this->pbx->rest('Policy', 'undo', ['token' => $saved['trial']['token']]);
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame([false, null, true], $this->standing());
        self::assertFalse($this->pbx->drops(self::IN_CHINA));
    }

    public function testAnExceptionAddedMeanwhileMakesItPossibleToKeepIt(): void
    {
        $this->enableOnTrial();
        $saved = $this->pbx->rest('Policy', 'patch', ['exceptions' => [self::IN_CHINA]], self::IN_CHINA)['data'];
        self::assertTrue($saved['trial']['switchesOn'], 'there is still nothing to go back to');
        $kept = $this->pbx->rest('Policy', 'confirm', ['token' => $saved['trial']['token']], self::IN_CHINA);
        self::assertSame(200, $kept['httpCode']);
        self::assertSame([true, null, false], $this->standing());
    }

    public function testNeitherABootNorAReloadOfTheFirewallIsAnEnabling(): void
    {
        $this->pbx->act('enable');
        $this->register(self::IN_CHINA);
        $this->pbx->boot();
        $this->pbx->act('reloadFirewall');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame([true, null, false], $this->standing());
        // Not even where all that the helper knew is lost.
        exec('rm -rf ' . escapeshellarg($this->pbx->state()));
        $this->pbx->boot();
        $this->pbx->act('reloadFirewall');
        $this->pbx->act('hook', 'onAfterPbxStarted');
        $this->pbx->act('reloadFirewall');
        self::assertSame([true, null, false], $this->standing());
    }

    public function testSwitchedOffItIsForgottenAndSwitchedOnItIsOnTrialAnew(): void
    {
        $first = $this->enableOnTrial();
        $this->pbx->act('disable');
        $second = $this->enableOnTrial();
        self::assertNotSame($first['token'], $second['token']);
        $this->timeIsUp();
        self::assertSame([false, null, true], $this->standing());
        $this->pbx->act('disable');
        unlink("{$this->pbx->disk}/contacts.json");
        $this->pbx->act('enable');
        self::assertSame([true, null, false], $this->standing());
    }

    public function testAnUpgradeIsAnEnablingToo(): void
    {
        $this->register(self::IN_CHINA);
        $this->pbx->act('enable');
        $token = $this->status()['trial']['token'];
        $this->pbx->rest('Policy', 'confirm', ['token' => $token]);
        $this->pbx->act('disable');
        $this->pbx->act('uninstall', true);
        $this->pbx->install();
        $this->pbx->act('enable');
        self::assertTrue($this->status()['trial']['switchesOn']);
    }

    public function testAPolicyThatOnlyCountsOrAFirewallThatIsOffCutsNobodyOff(): void
    {
        $this->register(self::IN_CHINA);
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        $this->pbx->act('enable');
        self::assertNull($this->status()['trial']);
        $this->pbx->act('setting', 'PBXFirewallEnabled', '1');
        $this->pbx->rest('Policy', 'patch', ['action' => 'count']);
        $this->pbx->act('disable');
        $this->pbx->act('enable');
        self::assertSame([true, null, false], $this->standing());
    }

    public function testWhoeverLookedAtThePageWhileItWasOffIsThoughtToHaveSwitchedItOn(): void
    {
        $this->pbx->act('viewPage', self::IN_CHINA);
        $this->pbx->act('enable');
        self::assertTrue($this->status()['trial']['switchesOn']);
    }

    public function testThePageOfAModuleThatIsOffKnowsWhomItWouldCutOff(): void
    {
        $own = ['kind' => 'own', 'name' => '', 'phone' => null, 'address' => self::IN_CHINA];
        $own += ['country' => 'CN', 'list' => null, 'network' => null];
        self::assertSame([$own + ['ways' => ['443/tcp']]], $this->pbx->act('viewPage', '::ffff:' . self::IN_CHINA));
        self::assertSame([], $this->pbx->act('viewPage', '8.8.8.8'));
    }

    /**
     * @return array{token: string, secondsLeft: int, switchesOn: bool}
     */
    private function enableOnTrial(): array
    {
        $this->register(self::IN_CHINA);
        $this->pbx->act('enable');
        $trial = $this->status()['trial'];
        self::assertNotNull($trial);
        self::assertTrue($trial['switchesOn']);

        return $trial;
    }

    private function register(string $address): void
    {
        $this->pbx->register([['Endpoint' => '201', 'Uri' => "sip:201@$address:5060"]]);
    }

    /**
     * As if the change had been made in another boot, of which nothing is left to wait for.
     */
    private function timeIsUp(): void
    {
        $this->pbx->moveTrialToAnotherBoot();
    }

    /**
     * @return array{bool, null|array<string, mixed>, bool} whether it is in force, what waits, whether it is withheld
     */
    private function standing(): array
    {
        $status = $this->status();

        return [$status['inForce'], $status['trial'], $status['withheld']];
    }

    private function status(): array
    {
        return $this->pbx->rest('Status', 'getList')['data'];
    }
}

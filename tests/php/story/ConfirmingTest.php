<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * A risky change stays only if the administrator says so in time.
 */
final class ConfirmingTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const IN_KOREA = '175.45.176.1';

    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->rest('Policy', 'patch', ['countries' => ['KP']]);
    }

    public function testAConfirmedChangeStays(): void
    {
        $trial = $this->change(['CN']);
        self::assertTrue($this->pbx->drops(self::IN_CHINA), 'it is in force meanwhile');
        self::assertThat($trial['secondsLeft'], self::logicalAnd(self::greaterThan(60), self::lessThanOrEqual(90)));
        self::assertSame($trial['token'], $this->status()['trial']['token']);
        $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']]);
        self::assertSame([null, null], [$this->status()['trial'], $this->status()['rolledBackAt']]);
        $this->timeIsUp();
        self::assertSame(['CN'], $this->countries());
        self::assertTrue($this->status()['inForce']);
        self::assertStringContainsString('confirmed by admin from 198.51.100.7', $this->pbx->log());
    }

    public function testWithoutAConfirmationKernelAndSettingsGoBackAndThePageIsTold(): void
    {
        $this->change(['CN']);
        $this->timeIsUp();
        $status = $this->status();
        self::assertSame(['KP'], $this->countries());
        self::assertSame([false, true], [$this->pbx->drops(self::IN_CHINA), $this->pbx->drops(self::IN_KOREA)]);
        self::assertSame([null, true, []], [$status['trial'], $status['inForce'], $status['problems']]);
        self::assertNotNull($status['rolledBackAt']);
        self::assertStringContainsString('the previous settings are back', $this->pbx->log());
        $this->pbx->rest('Policy', 'patch', ['countries' => ['RU']]);
        self::assertNull($this->status()['rolledBackAt'], 'until the next save');
    }

    public function testWhateverCoreDoesMeanwhileNeitherConfirmsNorProlongsNorEndsIt(): void
    {
        $trial = $this->change(['CN']);
        foreach (['onAfterPbxStarted', 'onAfterModuleEnable', 'onAfterIptablesReload'] as $hook) {
            $this->pbx->act('hook', $hook);
        }
        $after = $this->status()['trial'];
        self::assertSame($trial['token'], $after['token']);
        self::assertLessThanOrEqual($trial['secondsLeft'], $after['secondsLeft']);
        $this->timeIsUp();
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame(['KP'], $this->countries());
        self::assertFalse($this->pbx->drops(self::IN_CHINA));
    }

    public function testAfterARebootTheFormerPolicyIsThereBeforeAnybodyAsks(): void
    {
        $this->change(['CN']);
        $this->pbx->boot();
        $this->timeIsUp();
        $this->pbx->act('reloadFirewall');
        self::assertSame([false, true], [$this->pbx->drops(self::IN_CHINA), $this->pbx->drops(self::IN_KOREA)]);
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertSame(['KP'], $this->countries());
        self::assertTrue($this->status()['inForce']);
    }

    public function testOnlyABrowserThatTheNewPolicyLetsInCanConfirm(): void
    {
        $trial = $this->change(['CN']);
        foreach ([self::IN_CHINA, ''] as $from) {
            $refused = $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']], $from);
            self::assertSame([false, 409], [$refused['result'], $refused['httpCode']], "from \"$from\"");
        }
        self::assertSame($trial['token'], $this->status()['trial']['token']);
    }

    public function testAConfirmationThatComesTooLateOrForAnotherChangeIsRefused(): void
    {
        $trial = $this->change(['CN']);
        $foreign = $this->pbx->rest('Policy', 'confirm', ['token' => 'another']);
        self::assertSame([409, 'change.unknown'], [$foreign['httpCode'], $foreign['data']['error']['code']]);
        $wrong = $this->pbx->rest('Policy', 'confirm', ['token' => '../x']);
        self::assertSame([422, 'token'], [$wrong['httpCode'], $wrong['data']['error']['field']]);
        $this->timeIsUp();
        $late = $this->pbx->rest('Policy', 'confirm', ['token' => $trial['token']]);
        self::assertSame([409, 'change.rolled_back'], [$late['httpCode'], $late['data']['error']['code']]);
        self::assertSame(['KP'], $this->countries());
    }

    public function testUndoBringsTheLastConfirmedSettingsBackEvenAfterTwoChanges(): void
    {
        $this->change(['CN']);
        // Not risky in itself, but on top of one that is.
        $second = $this->pbx->rest('Policy', 'patch', ['countries' => ['CN', 'RU']])['data']['trial'];
        $undone = $this->pbx->rest('Policy', 'undo', ['token' => $second['token']])['data'];
        self::assertSame(['KP'], $undone['countries']);
        self::assertFalse($this->pbx->drops(self::IN_CHINA));
        self::assertTrue($this->status()['inForce']);
    }

    public function testByChoiceEveryChangeMustBeConfirmedAndOneThatChangesNothingNeedNot(): void
    {
        self::assertNull($this->pbx->rest('Policy', 'patch', ['countries' => ['RU']])['data']['trial']);
        $answer = $this->pbx->rest('Policy', 'patch', ['confirmEvery' => true])['data'];
        self::assertTrue($answer['confirmEvery']);
        self::assertNull($this->pbx->rest('Policy', 'patch', ['countries' => ['RU']])['data']['trial']);
        self::assertNotNull($this->pbx->rest('Policy', 'patch', ['countries' => ['CN']])['data']['trial']);
    }

    public function testAnotherNoteIsNoChangeThatMustBeConfirmed(): void
    {
        $exception = ['subnet' => '198.51.100.0/24', 'note' => 'the office'];
        $this->pbx->rest('Policy', 'patch', ['exceptions' => [$exception]]);
        $this->pbx->rest('Policy', 'patch', ['confirmEvery' => true]);
        $renamed = ['exceptions' => [['note' => 'the branch'] + $exception]];
        $saved = $this->pbx->rest('Policy', 'patch', $renamed)['data'];
        self::assertSame(['the branch', null], [$saved['exceptions'][0]['note'], $saved['trial']]);
    }

    public function testAPolicyThatDropsNobodyNeedNotBeConfirmed(): void
    {
        $this->pbx->rest('Policy', 'patch', ['confirmEvery' => true]);
        self::assertNull($this->pbx->rest('Policy', 'patch', ['countries' => []])['data']['trial']);
    }

    public function testAChangeThatWasSavedBeforeThereWasDataIsOnTrialWhenItComesIntoForce(): void
    {
        $bundle = $this->pbx->module() . '/data/dbip-country-lite.csv.gz';
        foreach ([$bundle, "{$this->pbx->state()}/dbip.geodb"] as $file) {
            rename($file, "$file.away");
        }
        $saved = $this->save(['CN']);
        self::assertFalse($saved['inForce']);
        rename("$bundle.away", $bundle);
        $this->pbx->act('hook', 'onAfterPbxStarted');
        self::assertNotNull($this->status()['trial']);
        $this->timeIsUp();
        self::assertSame(['KP'], $this->status()['wanted']['countries']);
    }

    public function testSwitchingTheModuleOffEndsAnOpenChange(): void
    {
        $this->change(['CN']);
        $this->pbx->act('disable');
        $this->pbx->act('enable');
        $this->pbx->act('reloadFirewall');
        self::assertSame(['KP'], $this->countries());
        self::assertSame([null, true], [$this->status()['trial'], $this->status()['inForce']]);
    }

    public function testWhereNothingIsInForceThereIsNothingToConfirm(): void
    {
        $this->pbx->act('setting', 'PBXFirewallEnabled', '0');
        self::assertNull($this->save(['CN'])['trial']);
        self::assertSame(['CN'], $this->countries());
    }

    /**
     * @param list<string> $countries
     * @return array{token: string, secondsLeft: int}
     */
    private function change(array $countries): array
    {
        return $this->save($countries)['trial'];
    }

    private function save(array $countries): array
    {
        return $this->pbx->rest('Policy', 'patch', ['countries' => $countries, 'confirm' => true])['data'];
    }

    /**
     * As if the change had been made in another boot, of which nothing is left to wait for.
     */
    private function timeIsUp(): void
    {
        $this->pbx->moveTrialToAnotherBoot();
    }

    private function countries(): array
    {
        return $this->pbx->rest('Policy', 'getList')['data']['countries'];
    }

    private function status(): array
    {
        return $this->pbx->rest('Status', 'getList')['data'];
    }
}

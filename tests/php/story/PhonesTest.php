<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * A phone that is registered keeps its way where its country is blocked, and loses it when somebody says so.
 */
final class PhonesTest extends EnabledModuleTestCase
{
    private const IN_CHINA = '1.0.1.1';
    private const ALSO_IN_CHINA = '1.0.2.2';

    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->act('record', 'Extensions', ['number' => '202', 'callerid' => 'Anna Smith']);
    }

    public function testARegisteredPhoneKeepsItsWayIsNamedAndIsNotCutOff(): void
    {
        $this->register(['202' => self::IN_CHINA, '203' => '8.8.8.8']);
        self::assertCount(1, $this->affected([]));
        self::assertSame([], $this->affected(['keepPhones' => true]), 'whom a draft would keep');
        $saved = $this->save(['keepPhones' => true]);
        self::assertSame([true, true], [$saved['inForce'], $saved['keepPhones']]);
        [$anna] = $this->phones();
        self::assertSame(['202', '202 Anna Smith', self::IN_CHINA, 'CN', true], [
            $anna['phone'], $anna['name'], $anna['address'], $anna['country'], $anna['is_registered'],
        ]);
        self::assertCount(1, $this->phones(), 'who is not in a blocked country needs no way');
        $explained = $this->explain(self::IN_CHINA);
        self::assertSame(['pass', 'phone_exception', '202'], [
            $explained['verdict'], $explained['reason'], $explained['entry'],
        ]);
        self::assertSame('country_blocked', $this->explain(self::ALSO_IN_CHINA)['reason']);
        self::assertStringContainsString('phones keep their way', $this->pbx->log());
        $this->save(['keepPhones' => false]);
        self::assertSame([], $this->phones());
    }

    public function testALookFollowsWhoIsRegisteredAndASilentAsteriskEndsNobodysWay(): void
    {
        $this->save(['keepPhones' => true]);
        self::assertSame([], $this->phones());
        $this->register(['202' => self::IN_CHINA]);
        $this->pbx->act('watch');
        self::assertSame([true], array_column($this->phones(), 'is_registered'));
        touch("{$this->pbx->disk}/asterisk-down");
        $this->pbx->act('watch');
        self::assertSame([true], array_column($this->phones(), 'is_registered'), 'nobody said otherwise');
        unlink("{$this->pbx->disk}/asterisk-down");
        $this->register([]);
        $this->pbx->act('watch');
        self::assertSame([false], array_column($this->phones(), 'is_registered'), 'it may come back');
    }

    public function testATravellersPassLetsInOnePhoneUntilItEnds(): void
    {
        $this->register(['202' => self::IN_CHINA, '203' => self::ALSO_IN_CHINA]);
        $pass = ['phone' => '202', 'note' => 'Anna', 'expires_at' => gmdate('Y-m-d\TH:i:s\Z', time() + 4)];
        $saved = $this->save(['exceptions' => [$pass]]);
        self::assertSame([$pass], $saved['exceptions']);
        self::assertSame(['202'], array_column($this->phones(), 'phone'));
        self::assertSame(['203'], array_column($this->affected([]), 'phone'));
        self::assertStringContainsString('exceptions +phone 202 until', $this->pbx->log());
        sleep(5);
        self::assertSame([], $this->phones());
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['exceptions']);
        self::assertSame('country_blocked', $this->explain(self::IN_CHINA)['reason']);
    }

    public function testARevokedPhoneIsOutAndStaysOutWhileItStaysRegistered(): void
    {
        $this->register(['202' => self::IN_CHINA]);
        $this->save(['keepPhones' => true]);
        $revoked = $this->pbx->rest('Policy', 'revoke', ['phone' => '202', 'address' => self::IN_CHINA])['data'];
        self::assertSame([['phone' => '202', 'address' => self::IN_CHINA]], $revoked['revoked']);
        self::assertSame([[], []], [$revoked['warnings'], $this->phones()]);
        self::assertStringContainsString('phone 202 from 1.0.1.1 was revoked by admin', $this->pbx->log());
        $this->pbx->act('watch');
        self::assertSame([], $this->phones());
        $again = $this->pbx->rest('Policy', 'revoke', ['phone' => '202'])['data'];
        self::assertSame([[], ['phone.not_kept']], [$again['revoked'], array_column($again['warnings'], 'code')]);
    }

    public function testWhatIsNoPhoneOrNoAddressIsRefusedByItsField(): void
    {
        $refused = [
            'phone' => $this->pbx->rest('Policy', 'revoke', ['phone' => '20 2']),
            'address' => $this->pbx->rest('Policy', 'revoke', ['phone' => '202', 'address' => 'China']),
            'exceptions.phone' => $this->pbx->rest('Policy', 'patch', ['exceptions' => [['phone' => 'sip:202']]]),
            'keepPhones' => $this->pbx->rest('Policy', 'patch', ['keepPhones' => 'perhaps']),
        ];
        foreach ($refused as $field => $answer) {
            self::assertSame([422, $field], [$answer['httpCode'], $answer['data']['error']['field']]);
        }
    }

    public function testAnEndpointThatCanBeNoPhoneAndAProviderDoNotKeepThePhonesFromTheHelper(): void
    {
        $this->pbx->act('record', 'Sip', ['uniqid' => 'SIP-TRUNK-1', 'type' => 'friend', 'description' => 'Trunk']);
        $this->register(['a b' => self::IN_CHINA, 'SIP-TRUNK-1' => self::IN_CHINA, '202-WS' => self::ALSO_IN_CHINA]);
        self::assertTrue($this->save(['keepPhones' => true])['inForce']);
        self::assertSame(['202'], array_column($this->phones(), 'phone'), 'a browser is a phone of its extension');
    }

    /**
     * @param array<string, string> $phones addresses by endpoint
     */
    private function register(array $phones): void
    {
        $contacts = [];
        foreach ($phones as $endpoint => $address) {
            $contacts[] = ['Endpoint' => (string)$endpoint, 'Uri' => "sip:$endpoint@$address:5060"];
        }
        $this->pbx->register($contacts);
    }

    /**
     * @param array<string, mixed> $policy
     * @return array<string, mixed>
     */
    private function save(array $policy): array
    {
        return $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']] + $policy)['data'];
    }

    /**
     * @param array<string, mixed> $draft
     * @return list<array<string, mixed>>
     */
    private function affected(array $draft): array
    {
        return $this->pbx->rest('Policy', 'affected', ['countries' => ['CN']] + $draft)['data']['affected'];
    }

    /**
     * @return list<array<string, mixed>>
     */
    private function phones(): array
    {
        return $this->pbx->rest('Status', 'getList')['data']['phones'];
    }

    /**
     * @return array<string, mixed>
     */
    private function explain(string $address): array
    {
        return $this->pbx->rest('Addresses', 'explain', ['address' => $address])['data']['addresses'][0];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Story;

use GeoIpTests\Support\EnabledModuleTestCase;

/**
 * Block lists: who is dropped whatever the country.
 */
final class ListsTest extends EnabledModuleTestCase
{
    private const SCANNER = '8.8.8.8';
    private const OTHER = '9.9.9.9';
    private const RUSSIAN = '77.88.8.8';
    private const MINE = ['id' => 'mine', 'text' => "# scanners\n" . self::SCANNER . "\n"];

    public function testAListOfOnesOwnIsInForceAtOnceAndGivesTheReason(): void
    {
        $saved = $this->save([self::MINE]);
        self::assertSame([true, []], [$saved['inForce'], $saved['problems']]);
        self::assertSame([true, false], [$this->pbx->drops(self::SCANNER), $this->pbx->drops(self::OTHER)]);
        self::assertSame([self::MINE], $this->pbx->rest('Policy', 'getList')['data']['lists']);
        $explained = $this->pbx->rest('Addresses', 'explain', ['address' => self::SCANNER])['data']['addresses'][0];
        self::assertSame(['drop', 'listed', 'mine'], [$explained['verdict'], $explained['reason'], $explained['list']]);
        self::assertTrue($this->pbx->rest('Status', 'getList')['data']['inForce']);

        $taken = $this->pbx->rest('Policy', 'patch', ['lists' => [['id' => 'mine', 'text' => self::OTHER]]]);
        self::assertFalse($taken['result'], 'it needs another name');
        self::assertSame('lists[0]', $taken['data']['error']['field']);
        self::assertTrue($this->pbx->drops(self::SCANNER));
        $this->save([['id' => 'other', 'text' => self::OTHER]]);
        self::assertSame([false, true], [$this->pbx->drops(self::SCANNER), $this->pbx->drops(self::OTHER)]);
        $this->save(['other']);
        self::assertTrue($this->pbx->drops(self::OTHER), 'its id alone stands for it as it is');
        $this->save([]);
        self::assertFalse($this->pbx->drops(self::OTHER));
        for ($wait = 0; $wait < 100 && is_file("{$this->pbx->state()}/list-other.geolist"); $wait++) {
            usleep(50000);
        }
        self::assertFileDoesNotExist("{$this->pbx->state()}/list-other.geolist", 'nothing of it is left');
    }

    public function testWhoeverIsOnAListIsNamedBeforeItIsSavedAndNothingIsInForceYet(): void
    {
        $this->pbx->register([['Endpoint' => '202', 'Uri' => 'sip:202@' . self::SCANNER . ':5060']]);
        $affected = fn (array $list): array => $this->pbx->rest('Policy', 'affected', ['lists' => [$list]])['data'];
        $this->pbx->rest('Lists', 'download', ['lists' => [self::MINE]]);
        self::assertSame(
            [['phone', 'mine', ['5060/udp', '10000-10200/udp']]],
            array_map(
                static fn (array $one): array => [$one['kind'], $one['list'], $one['ways']],
                $affected(self::MINE)['affected']
            )
        );
        self::assertFalse($this->pbx->drops(self::SCANNER));
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['lists']);

        $this->save([self::MINE]);
        $this->pbx->register([['Endpoint' => '202', 'Uri' => 'sip:202@' . self::OTHER . ':5060']]);
        self::assertSame([], $affected(self::MINE)['affected']);
        $other = ['id' => 'mine', 'text' => self::OTHER];
        self::assertFalse($this->pbx->rest('Lists', 'download', ['lists' => [$other]])['result']);
        self::assertSame([true, false], [$this->pbx->drops(self::SCANNER), $this->pbx->drops(self::OTHER)], 'as saved');

        $unknown = $affected(['id' => 'blocklist-de-sip']);
        self::assertSame([null, ['list.missing']], [$unknown['affected'], array_column($unknown['warnings'], 'code')]);
    }

    public function testAListThatCannotBeHadIsNamedAndTheFilterStaysAsItWas(): void
    {
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        $saved = $this->save(['spamhaus-drop']);
        self::assertSame([false, ['list.missing']], [$saved['inForce'], array_column($saved['problems'], 'code')]);
        self::assertStringContainsString('the block list spamhaus-drop stays as it is', $this->pbx->log());
        $more = ['countries' => ['CN', 'RU'], 'lists' => ['spamhaus-drop', self::MINE]];
        self::assertFalse($this->pbx->rest('Policy', 'patch', $more)['data']['inForce']);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertFalse($status['inForce']);
        self::assertSame(['list.missing'], array_column($status['problems'], 'code'));
        foreach (['1.0.1.1', self::RUSSIAN, self::SCANNER] as $blocked) {
            self::assertTrue($this->pbx->drops($blocked), 'it keeps nothing else out of force');
        }
        self::assertCount(1, preg_grep('/task\.php lists/', $this->pbx->act('cron')));
        $this->save([]);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertTrue($status['inForce']);
        self::assertCount(0, preg_grep('/task\.php lists/', $this->pbx->act('cron')));
    }

    public function testTheCatalogueIsShownWithItsTermsAndWhatIsKept(): void
    {
        $this->save([self::MINE]);
        $lists = array_column($this->pbx->rest('Lists', 'getList')['data']['lists'], null, 'id');
        self::assertSame([true, 1], [$lists['mine']['used'], $lists['mine']['kept']['v4_addresses']]);
        self::assertNull($lists['mine']['catalogued']);
        $drop = $lists['spamhaus-drop'];
        self::assertSame([false, null, 'Spamhaus DROP'], [$drop['used'], $drop['kept'], $drop['catalogued']['name']]);
        self::assertStringStartsWith('https://', $drop['catalogued']['terms_url']);
    }

    public function testAKeyInAUrlIsStoredAndNeverShownAgain(): void
    {
        $url = 'https://anna:word@lists.example/mine.txt?key=secret';
        $saved = $this->save([['id' => 'mine', 'url' => $url]]);
        $shown = [['id' => 'mine', 'url' => 'https://***@lists.example/mine.txt?***']];
        $policy = $this->pbx->rest('Policy', 'getList')['data'];
        self::assertSame($shown, $policy['lists']);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        self::assertSame(['mine'], $status['wanted']['lists']);
        $told = json_encode([$saved, $policy, $status, $this->pbx->log(), $this->pbx->notes('events')]);
        self::assertStringNotContainsString('secret', $told);
        self::assertStringNotContainsString('word', $told);
        foreach ([$shown, ['mine']] as $unchanged) {
            $this->save($unchanged);
            $this->saveWhole($unchanged);
            $stored = $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db')
                ->query('SELECT lists FROM m_ModuleGeoIP')->fetchColumn();
            self::assertSame([['id' => 'mine', 'url' => $url]], json_decode($stored, true));
        }
    }

    public function testAKeyOfAListIsStoredAndNeverShownAgain(): void
    {
        $key = '12ab34cd56ef';
        $saved = $this->save([['id' => 'apiban', 'key' => $key], self::MINE]);
        self::assertSame(['list.missing'], array_column($saved['problems'], 'code'), 'there is no network here');
        $policy = $this->pbx->rest('Policy', 'getList')['data'];
        self::assertSame(['id' => 'apiban', 'key' => '***'], $policy['lists'][0]);
        $status = $this->pbx->rest('Status', 'getList')['data'];
        $told = json_encode([$saved, $policy, $status, $this->pbx->log(), $this->pbx->notes('events')]);
        self::assertStringNotContainsString($key, $told);
        self::assertStringContainsString('https://apiban.org/api/***/banned', $this->pbx->log());
        foreach ([['id' => 'apiban', 'key' => '***'], 'apiban'] as $unchanged) {
            $this->save([$unchanged]);
            $this->saveWhole([$unchanged]);
            $stored = $this->pbx->database('mikopbx/custom_modules/ModuleGeoIP/db/module.db')
                ->query('SELECT lists FROM m_ModuleGeoIP')->fetchColumn();
            self::assertSame([['id' => 'apiban', 'key' => $key]], json_decode($stored, true));
        }
        $this->saveWhole([]);
        $wrongs = [
            ['id' => 'mine', 'url' => 'https://***@lists.example/mine.txt?***'],
            ['id' => 'apiban', 'key' => '***'],
            'apiban',
            ['id' => 'apiban', 'key' => 'x/../y'],
            ['id' => 'firehol-level1', 'key' => $key],
        ];
        foreach ($wrongs as $wrong) {
            self::assertFalse($this->pbx->rest('Policy', 'patch', ['lists' => [$wrong]])['result']);
        }
    }

    public function testWhatCannotBeAListIsRefusedByItsField(): void
    {
        foreach (
            [
                'lists' => 'mine',
                'lists[0].id' => [['text' => self::SCANNER]],
                'lists[0].name' => [['id' => 'mine', 'name' => 'Mine']],
                'lists[1]' => ['spamhaus-drop', 7],
            ] as $field => $lists
        ) {
            $refused = $this->pbx->rest('Policy', 'patch', ['lists' => $lists]);
            self::assertSame([false, $field], [$refused['result'], $refused['data']['error']['field'] ?? null]);
        }
        foreach ([['../mine'], [['id' => 'mine', 'url' => 'ftp://a.example/']], ['nobodys']] as $lists) {
            $refused = $this->pbx->rest('Policy', 'patch', ['lists' => $lists]);
            self::assertFalse($refused['result'], json_encode($refused));
        }
        self::assertSame([], $this->pbx->rest('Policy', 'getList')['data']['lists']);
    }

    public function testAnotherSaveKeepsTheListsAndALostListIsGotAgain(): void
    {
        $this->save([self::MINE]);
        $this->pbx->rest('Policy', 'patch', ['countries' => ['CN']]);
        self::assertTrue($this->pbx->drops(self::SCANNER));
        unlink("{$this->pbx->state()}/list-mine.geolist");
        $this->pbx->rest('Policy', 'patch', ['countries' => ['RU']]);
        self::assertTrue($this->pbx->drops(self::RUSSIAN));
        for ($wait = 0; $wait < 100 && !$this->pbx->drops(self::SCANNER); $wait++) {
            usleep(50000);
        }
        self::assertTrue($this->pbx->drops(self::SCANNER), 'it is got in the background');
    }

    /**
     * As the page saves: all of the policy.
     *
     * @param list<mixed> $lists
     */
    private function saveWhole(array $lists): void
    {
        $policy = ['source' => 'dbip', 'mode' => 'block', 'countries' => [], 'lists' => $lists];
        self::assertTrue($this->pbx->rest('Policy', 'update', $policy)['result']);
    }

    /**
     * @param list<mixed> $lists
     * @return array<string, mixed>
     */
    private function save(array $lists): array
    {
        return $this->pbx->rest('Policy', 'patch', ['lists' => $lists])['data'];
    }
}

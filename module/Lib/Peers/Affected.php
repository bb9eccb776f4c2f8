<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyCheck;

/**
 * Whom a policy would cut off: those who matter and would lose a way into the PBX that they use; and where they are.
 */
final class Affected
{
    private const PROVIDERS_UNKNOWN = [
        'code' => 'pbx.providers_unknown',
        'message' => 'the addresses of the providers could not be looked up',
        'remedy' => 'none',
    ];

    /**
     * @param null|list<array<string, mixed>> $peers as `cutOff` has them; null if it cannot be told: there is no
     *     data, what is known of a block list or a network is missing, or nobody is found and where the providers are
     *     is not known
     * @param list<string> $countries of all who matter, sorted, none twice
     * @param array<int, string> $networks the same by AS number, with their names; none where no data tells them
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     * @param bool $lacksOnlyProviders whether it cannot be told for this reason alone
     */
    private function __construct(
        public readonly ?array $peers,
        public readonly array $countries,
        public readonly array $networks,
        public readonly array $warnings,
        public readonly bool $lacksOnlyProviders
    ) {
    }

    /**
     * Asks about whoever looks, the providers, and who is registered now.
     *
     * @throws HelperError
     */
    public static function under(Policy $policy, Helper $helper, Viewer $viewer): self
    {
        $registrations = Registrations::current();
        $providers = Providers::current();
        $pairs = self::pairs(self::everybody($viewer, $providers, $registrations));
        $unknown = self::areUnknown($providers) && !PolicyCheck::of($policy, $helper)->dropsNobody
            ? [self::PROVIDERS_UNKNOWN]
            : [];
        if ($pairs === []) {
            return new self($unknown === [] ? [] : null, [], [], $unknown, $unknown !== []);
        }
        $asked = array_map(
            static fn (array $pair): string|array => $pair[1]?->from($pair[0]->address) ?? $pair[0]->address,
            $pairs
        );
        $reply = $helper->run('explain', Question::about($asked, $policy, $registrations));
        // The helper answers in the order it was asked.
        $answers = $reply->data->objects('addresses');

        $isKnown = $reply->data->flag('is_known')
            && array_intersect(HelperError::LISTS_MISSING, array_column($reply->warnings, 'code')) === [];

        $peers = $isKnown ? self::cutOff($pairs, $answers) : null;
        $lacksOnlyProviders = $peers === [] && $unknown !== [];

        return new self(
            $lacksOnlyProviders ? null : $peers,
            self::countries($answers),
            self::networks($answers),
            [...$reply->warnings, ...$unknown],
            $lacksOnlyProviders
        );
    }

    /**
     * True if there may be providers whose addresses nobody told.
     */
    private static function areUnknown(Providers $providers): bool
    {
        return !$providers->areKnown || NameLookup::open(array_column($providers->hosts(), 'question')) !== [];
    }

    /**
     * Each with each way that he uses; with none where no way is known.
     *
     * @param list<Peer> $peers
     * @return list<array{Peer, null|Way}>
     */
    private static function pairs(array $peers): array
    {
        $pairs = [];
        foreach ($peers as $peer) {
            foreach ($peer->ways === [] ? [null] : $peer->ways as $way) {
                $pairs[] = [$peer, $way];
            }
        }

        return $pairs;
    }

    /**
     * @return list<Peer>
     */
    private static function everybody(Viewer $viewer, Providers $providers, Registrations $registrations): array
    {
        $peers = $viewer->isElsewhere()
            ? [new Peer(Peer::OWN, $viewer->name, $viewer->address, Ways::ofBrowser($viewer))]
            : [];
        $hosts = $providers->hosts();
        $addresses = NameLookup::addresses(array_column($hosts, 'question'));
        foreach ($hosts as ['name' => $name, 'question' => $question, 'ways' => $ways]) {
            foreach ($addresses[$question] ?? [] as $address) {
                $peers[] = new Peer(Peer::PROVIDER, $name, $address, $ways);
            }
        }

        return [...$peers, ...$registrations->peers($providers->names())];
    }

    /**
     * @param list<array{Peer, null|Way}> $pairs
     * @param list<Fields> $answers
     * @return list<array{
     *     kind: string,
     *     name: string,
     *     phone: null|string,
     *     address: string,
     *     country: null|string,
     *     list: null|string,
     *     network: null|string,
     *     ways: list<string>
     * }>
     */
    private static function cutOff(array $pairs, array $answers): array
    {
        $affected = [];
        foreach ($pairs as $index => [$peer, $way]) {
            $answer = $answers[$index] ?? new Fields([]);
            if (!$answer->flag('is_cut_off')) {
                continue;
            }
            $address = $answer->string('address');
            $key = "$peer->kind $peer->name $address";
            $affected[$key] ??= [
                'kind' => $peer->kind,
                'name' => $peer->name,
                'phone' => $peer->phone,
                'address' => $address,
                'country' => $answer->has('country') ? $answer->string('country') : null,
                'list' => $answer->has('list') ? $answer->string('list') : null,
                'network' => $answer->string('reason') === 'network' ? self::network($answer->object('network')) : null,
                'ways' => [],
            ];
            if ($way?->isAnsweredBy($answer) === true && !in_array((string)$way, $affected[$key]['ways'], true)) {
                $affected[$key]['ways'][] = (string)$way;
            }
        }

        return array_values($affected);
    }

    private static function network(Fields $network): string
    {
        return trim("AS{$network->integer('number')} {$network->string('name')}");
    }

    /**
     * @param list<Fields> $answers
     * @return list<string>
     */
    private static function countries(array $answers): array
    {
        $countries = array_map(static fn (Fields $answer): string => $answer->string('country'), $answers);
        $countries = array_unique(array_filter($countries, static fn (string $country): bool => $country !== ''));
        sort($countries);

        return $countries;
    }

    /**
     * @param list<Fields> $answers
     * @return array<int, string>
     */
    private static function networks(array $answers): array
    {
        $networks = [];
        foreach ($answers as $answer) {
            if ($answer->has('network')) {
                $network = $answer->object('network');
                $networks[$network->integer('number')] = $network->string('name');
            }
        }
        ksort($networks);

        return $networks;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * Whom a policy would cut off: those who matter and would lose a way into the PBX that they use.
 */
final class Affected
{
    /** More than any PBX has registered at once; the helper answers for all of them at once. */
    private const LIMIT = 2000;

    /** @var list<array{Peer, null|Way}> what is asked about, in the order of the helper's answers */
    private readonly array $asked;

    /**
     * @param list<Peer> $peers
     */
    private function __construct(array $peers)
    {
        $asked = [];
        foreach ($peers as $peer) {
            foreach ($peer->ways === [] ? [null] : $peer->ways as $way) {
                $asked[] = [$peer, $way];
            }
        }
        $this->asked = $asked;
    }

    /**
     * Whoever asks; nobody if that is the PBX itself.
     */
    public static function alone(Viewer $viewer): self
    {
        return new self(self::own($viewer));
    }

    /**
     * Everybody who matters: whoever asks, the providers, who is registered now.
     */
    public static function among(Viewer $viewer): self
    {
        $peers = self::own($viewer);
        $hosts = Providers::hosts();
        $addresses = NameLookup::addresses(array_map(static fn (array $one): string => $one['host'], $hosts));
        foreach ($hosts as ['name' => $name, 'host' => $host, 'ways' => $ways]) {
            foreach ($addresses[$host] ?? [] as $address) {
                $peers[] = new Peer(Peer::PROVIDER, $name, $address, $ways);
            }
        }

        return new self(array_slice([...$peers, ...Registrations::current(Providers::names())], 0, self::LIMIT));
    }

    /**
     * @return list<Peer>
     */
    private static function own(Viewer $viewer): array
    {
        return $viewer->isElsewhere()
            ? [new Peer(Peer::OWN, $viewer->name, $viewer->address, Ways::ofBrowser($viewer))]
            : [];
    }

    /**
     * @return list<string|array{address: string, protocol: string, port: int}> as the helper takes them
     */
    public function asked(): array
    {
        return array_map(
            static fn (array $one): string|array => $one[1] === null
                ? $one[0]->address
                : $one[1]->from($one[0]->address),
            $this->asked
        );
    }

    /**
     * @param list<Fields> $answers the helper's, in the order of what was asked
     * @return list<array{kind: string, name: string, address: string, country: null|string, ways: list<string>}>
     */
    public function by(array $answers): array
    {
        $affected = [];
        foreach ($this->asked as $index => [$peer, $way]) {
            $answer = $answers[$index] ?? new Fields([]);
            if (!$answer->flag('is_cut_off')) {
                continue;
            }
            $key = "$peer->kind $peer->name $peer->address";
            $affected[$key] ??= [
                'kind' => $peer->kind,
                'name' => $peer->name,
                'address' => $peer->address,
                'country' => $answer->has('country') ? $answer->string('country') : null,
                'ways' => [],
            ];
            if ($way?->isAnsweredBy($answer) === true && !in_array((string)$way, $affected[$key]['ways'], true)) {
                $affected[$key]['ways'][] = (string)$way;
            }
        }

        return array_values($affected);
    }
}

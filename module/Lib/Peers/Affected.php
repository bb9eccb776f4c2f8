<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Fields;
use Modules\ModuleGeoIP\Lib\State\TrustedSources;

/**
 * Whom a policy would cut off: of those who matter, the ones it drops and no rule of the PBX's firewall lets in before.
 */
final class Affected
{
    /** More than any PBX has registered at once; the helper answers for all of them at once. */
    private const LIMIT = 2000;

    /**
     * @param list<Peer> $peers
     */
    private function __construct(private readonly array $peers)
    {
    }

    /**
     * Everybody who matters: whoever asks, the providers, who is registered now.
     */
    public static function among(string $ownName, string $ownAddress): self
    {
        $peers = $ownAddress === '' ? [] : [new Peer(Peer::OWN, $ownName, $ownAddress)];
        $hosts = Providers::hosts();
        $addresses = NameLookup::addresses(array_map(static fn (array $one): string => $one['host'], $hosts));
        foreach ($hosts as ['name' => $name, 'host' => $host]) {
            foreach ($addresses[$host] ?? [] as $address) {
                $peers[] = new Peer(Peer::PROVIDER, $name, $address);
            }
        }

        return new self(array_slice([...$peers, ...Registrations::current(Providers::names())], 0, self::LIMIT));
    }

    /**
     * @return list<string>
     */
    public function addresses(): array
    {
        return array_map(static fn (Peer $peer): string => $peer->address, $this->peers);
    }

    /**
     * @param list<Fields> $answers the helper's verdicts on the peers' addresses, in their order
     * @return list<array{kind: string, name: string, address: string, country: null|string}>
     */
    public function by(array $answers): array
    {
        $affected = [];
        $trusted = null;
        foreach ($this->peers as $index => $peer) {
            $answer = $answers[$index] ?? new Fields([]);
            if ($answer->string('verdict') !== 'drop') {
                continue;
            }
            $trusted ??= TrustedSources::ofKernel();
            if (!$trusted->contain($peer->address)) {
                $affected["$peer->kind $peer->name $peer->address"] = [
                    'kind' => $peer->kind,
                    'name' => $peer->name,
                    'address' => $peer->address,
                    'country' => $answer->has('country') ? $answer->string('country') : null,
                ];
            }
        }

        return array_values($affected);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\Iax;
use MikoPBX\Common\Models\ModelsBase;
use MikoPBX\Common\Models\Sip;
use MikoPBX\Common\Models\SipHosts;

/**
 * The providers of telephony that are switched on, and the hosts that they call from.
 */
final class Providers
{
    /** What Core calls a provider among its SIP accounts. */
    private const SIP_PROVIDER = 'friend';

    /**
     * @param list<Sip> $sip
     * @param list<Iax> $iax
     */
    private function __construct(private readonly array $sip, private readonly array $iax)
    {
    }

    public static function current(): self
    {
        return new self(self::sip(), self::iax());
    }

    /**
     * The providers' names by what Asterisk calls them.
     *
     * @return array<string, string>
     */
    public function names(): array
    {
        $names = [];
        foreach ([...$this->sip, ...$this->iax] as $provider) {
            $names[(string)$provider->uniqid] = (string)$provider->description;
        }

        return $names;
    }

    /**
     * Every host of every provider, by a name or an address, with the provider's name and the ways that it uses.
     *
     * @return list<array{name: string, host: string, ways: list<Way>}>
     */
    public function hosts(): array
    {
        $hosts = [];
        $ofSip = [];
        foreach ($this->sip as $provider) {
            $ways = Ways::ofProvider((string)$provider->transport);
            $ofSip[(string)$provider->uniqid] = [(string)$provider->description, $ways];
            $hosts[] = [(string)$provider->description, (string)$provider->host, $ways];
            $hosts[] = [(string)$provider->description, (string)$provider->outbound_proxy, $ways];
        }
        foreach (self::all(SipHosts::find(), SipHosts::class) as $more) {
            [$name, $ways] = $ofSip[(string)$more->provider_id] ?? [null, []];
            if ($name !== null) {
                $hosts[] = [$name, (string)$more->address, $ways];
            }
        }
        foreach ($this->iax as $provider) {
            $hosts[] = [(string)$provider->description, (string)$provider->host, Ways::ofIax()];
        }
        $bare = array_map(
            static fn (array $one): array => [
                'name' => $one[0],
                'host' => SipAddress::hostOf($one[1]),
                'ways' => $one[2],
            ],
            $hosts
        );

        return array_values(array_filter($bare, static fn (array $one): bool => $one['host'] !== ''));
    }

    /**
     * @return list<Sip>
     */
    private static function sip(): array
    {
        return array_values(array_filter(
            self::all(Sip::find(), Sip::class),
            static fn (Sip $account): bool => $account->type === self::SIP_PROVIDER && $account->disabled !== '1'
        ));
    }

    /**
     * @return list<Iax>
     */
    private static function iax(): array
    {
        return array_values(array_filter(
            self::all(Iax::find(), Iax::class),
            static fn (Iax $account): bool => $account->disabled !== '1'
        ));
    }

    /**
     * The records of a result that Core types as anything.
     *
     * @template T of ModelsBase
     * @param class-string<T> $class
     * @return list<T>
     */
    private static function all(mixed $found, string $class): array
    {
        $records = [];
        foreach (is_iterable($found) ? $found : [] as $record) {
            if ($record instanceof $class) {
                $records[] = $record;
            }
        }

        return $records;
    }
}

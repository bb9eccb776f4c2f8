<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\Iax;
use MikoPBX\Common\Models\ModelsBase;
use MikoPBX\Common\Models\Sip;
use MikoPBX\Common\Models\SipHosts;
use Modules\ModuleGeoIP\Lib\Pbx\Attempt;

/**
 * The providers of telephony that are switched on, and the hosts that they call from.
 */
final class Providers
{
    /** What Core calls a provider among its SIP accounts. */
    private const SIP_PROVIDER = 'friend';

    /**
     * @param list<Sip> $sip
     * @param list<SipHosts> $sipHosts more hosts of theirs
     * @param list<Iax> $iax
     * @param bool $areKnown false if Core does not tell who they are; one without IAX has no such providers
     */
    private function __construct(
        private readonly array $sip,
        private readonly array $sipHosts,
        private readonly array $iax,
        public readonly bool $areKnown
    ) {
    }

    public static function current(): self
    {
        $sip = self::all('SIP providers', Sip::class);
        $iax = self::all('IAX providers', Iax::class);

        return new self(
            array_values(array_filter(
                $sip ?? [],
                static fn (Sip $account): bool => $account->type === self::SIP_PROVIDER && $account->disabled !== '1'
            )),
            self::all('more hosts of SIP providers', SipHosts::class) ?? [],
            array_values(array_filter($iax ?? [], static fn (Iax $account): bool => $account->disabled !== '1')),
            $sip !== null
        );
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
     * Every host of every provider as name servers are asked about it, with the provider's name and the ways it uses.
     *
     * @return list<array{name: string, question: string, ways: list<Way>}>
     */
    public function hosts(): array
    {
        $hosts = [];
        $ofSip = [];
        foreach ($this->sip as $provider) {
            $name = (string)$provider->description;
            $transports = strtolower(trim((string)$provider->transport)) ?: Ways::EITHER;
            $ways = Ways::ofProvider($transports);
            $ofSip[(string)$provider->uniqid] = [$name, $transports, $ways];
            $hosts[] = [
                $name,
                SipAddress::question((string)$provider->host, $transports, (string)$provider->port),
                $ways,
            ];
            $hosts[] = [$name, SipAddress::question((string)$provider->outbound_proxy, $transports), $ways];
        }
        foreach ($this->sipHosts as $more) {
            [$name, $transports, $ways] = $ofSip[(string)$more->provider_id] ?? [null, '', []];
            if ($name !== null) {
                $hosts[] = [$name, SipAddress::question((string)$more->address, $transports), $ways];
            }
        }
        foreach ($this->iax as $provider) {
            $hosts[] = [(string)$provider->description, SipAddress::hostOf((string)$provider->host), Ways::ofIax()];
        }
        $named = array_map(
            static fn (array $one): array => ['name' => $one[0], 'question' => $one[1], 'ways' => $one[2]],
            $hosts
        );

        return array_values(array_filter($named, static fn (array $one): bool => $one['question'] !== ''));
    }

    /**
     * The records of one of Core's models.
     *
     * @template T of ModelsBase
     * @param class-string<T> $model
     * @return null|list<T> null if Core has no such model
     */
    private static function all(string $what, string $model): ?array
    {
        // Core types what it finds as anything.
        $found = Attempt::to("read the $what", static fn (): mixed => $model::find());
        if (!is_iterable($found)) {
            return null;
        }
        $records = [];
        foreach ($found as $record) {
            if ($record instanceof $model) {
                $records[] = $record;
            }
        }

        return $records;
    }
}

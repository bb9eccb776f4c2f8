<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Core\System\Util;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Throwable;

/**
 * Who is registered now: phones, and the providers that register here.
 */
final class Registrations
{
    /** What Asterisk says, as an error, when there are none. */
    private const NOBODY = 'No Contacts found';

    /** What the helper takes for a phone's name: one that it refuses must not keep all others from it. */
    private const PHONE_NAME = '/^[\w.+-]{1,64}$/D';

    /** As many as the helper takes. */
    private const MAX_CONTACTS = 10000;

    /**
     * @param null|list<array{endpoint: string, address: string, uri: string}> $contacts null if Asterisk is silent
     */
    private function __construct(private readonly ?array $contacts)
    {
    }

    public static function current(): self
    {
        try {
            $answer = Util::getAstManager('off')->sendRequestTimeout('PJSIPShowContacts');

            return new self(self::read(new Fields($answer)));
        } catch (Throwable $error) {
            Log::info("cannot ask Asterisk who is registered: {$error->getMessage()}");

            return new self(null);
        }
    }

    /**
     * What the helper has to know where a policy lets phones keep their way; nothing where it does not. That Asterisk
     * does not answer is not the same as that nobody is registered.
     *
     * @param null|self $known if they are known already
     * @return array{contacts?: null|list<array{phone: string, address: string}>}
     */
    public static function toRequest(Policy $policy, ?self $known = null): array
    {
        return $policy->mayKeepPhones() ? ['contacts' => ($known ?? self::current())->phones()] : [];
    }

    /**
     * @param array<string, string> $providers names by endpoint
     * @return list<Peer>
     */
    public function peers(array $providers): array
    {
        $peers = [];
        foreach ($this->contacts ?? [] as ['endpoint' => $endpoint, 'address' => $address, 'uri' => $uri]) {
            $ways = Ways::ofContact($uri);
            $number = Phone::numberOf($endpoint);
            $peers[] = isset($providers[$endpoint])
                ? new Peer(Peer::PROVIDER, $providers[$endpoint], $address, $ways)
                : new Peer(Peer::PHONE, Phone::named($number), $address, $ways, $number);
        }

        return $peers;
    }

    /**
     * @return null|list<array{phone: string, address: string}> null if Asterisk does not answer
     */
    private function phones(): ?array
    {
        if ($this->contacts === null) {
            return null;
        }
        $providers = Providers::current()->names();
        $phones = [];
        foreach ($this->contacts as ['endpoint' => $endpoint, 'address' => $address]) {
            $number = Phone::numberOf($endpoint);
            if (!isset($providers[$endpoint]) && preg_match(self::PHONE_NAME, $number) === 1) {
                $phones[] = ['phone' => $number, 'address' => $address];
            }
        }

        return array_slice($phones, 0, self::MAX_CONTACTS);
    }

    /**
     * @param Fields $answer of Asterisk; empty if there was none in time
     * @return null|list<array{endpoint: string, address: string, uri: string}>
     */
    private static function read(Fields $answer): ?array
    {
        if (!$answer->has('data')) {
            return trim($answer->string('Message')) === self::NOBODY ? [] : null;
        }
        $contacts = [];
        foreach ($answer->object('data')->objects('ContactList') as $contact) {
            $uri = $contact->string('Uri');
            $address = SipAddress::hostOf($uri);
            if (SipAddress::isAddress($address)) {
                $endpoint = $contact->string('Endpoint') ?: $contact->string('AOR');
                $contacts[] = ['endpoint' => $endpoint, 'address' => $address, 'uri' => $uri];
            }
        }

        return $contacts;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use MikoPBX\Common\Models\Extensions;
use MikoPBX\Core\System\Util;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Throwable;

/**
 * Who is registered now: phones, and the providers that register here.
 */
final class Registrations
{
    /** Core gives a phone in a browser an endpoint of its own beside that of the extension. */
    private const BROWSER_SUFFIX = '-WS';

    /**
     * @param array<string, string> $providers names by endpoint
     * @return list<Peer>
     */
    public static function current(array $providers): array
    {
        $peers = [];
        foreach (self::contacts() as $contact) {
            $endpoint = $contact->string('Endpoint');
            $endpoint = $endpoint !== '' ? $endpoint : $contact->string('AOR');
            $address = SipAddress::hostOf($contact->string('Uri'));
            if (SipAddress::isAddress($address)) {
                $ways = Ways::ofContact($contact->string('Uri'));
                $peers[] = isset($providers[$endpoint])
                    ? new Peer(Peer::PROVIDER, $providers[$endpoint], $address, $ways)
                    : new Peer(Peer::PHONE, self::name($endpoint), $address, $ways);
            }
        }

        return $peers;
    }

    /**
     * @return list<Fields>
     */
    private static function contacts(): array
    {
        try {
            $answer = new Fields(Util::getAstManager('off')->sendRequestTimeout('PJSIPShowContacts'));
        } catch (Throwable $error) {
            Log::info("cannot ask Asterisk who is registered: {$error->getMessage()}");

            return [];
        }

        return $answer->object('data')->objects('ContactList');
    }

    /**
     * The extension's number and whose it is.
     */
    private static function name(string $endpoint): string
    {
        $number = str_ends_with($endpoint, self::BROWSER_SUFFIX)
            ? substr($endpoint, 0, -strlen(self::BROWSER_SUFFIX))
            : $endpoint;
        $extension = Extensions::findFirstByNumber($number);
        $person = $extension instanceof Extensions ? (string)$extension->callerid : '';

        return trim("$number $person");
    }
}

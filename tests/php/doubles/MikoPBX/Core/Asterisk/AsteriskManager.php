<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\Asterisk;

use MikoPBX\Core\System\World;

/**
 * Knows the contacts that a test wrote down.
 */
class AsteriskManager
{
    public function sendRequestTimeout(string $action, array $parameters = []): array
    {
        $file = World::path('contacts.json');
        if ($action !== 'PJSIPShowContacts' || !is_file($file)) {
            return [];
        }

        $contacts = json_decode((string)file_get_contents($file), true);

        // Asterisk calls it an error that there is none.
        return $contacts === []
            ? ['Response' => 'Error', 'Message' => 'No Contacts found']
            : ['Response' => 'Success', 'data' => ['ContactList' => $contacts]];
    }
}

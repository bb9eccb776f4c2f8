<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\System;

class Notifications
{
    /**
     * @param array<string, mixed> $subject
     * @param array<array-key, mixed> $messages
     */
    public static function sendAdminNotification(array $subject, array $messages, bool $urgent = false): void
    {
        World::note('mails', ['subject' => $subject, 'messages' => $messages, 'urgent' => $urgent]);
    }
}

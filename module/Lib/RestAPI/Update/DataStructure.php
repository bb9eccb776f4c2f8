<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * The running or the last update.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            'force' => self::flag('Whether to take the data even if it holds far less than the last'),
        ];
    }

    protected static function answer(): array
    {
        return [
            'started' => self::flag('After a start: whether it began one, rather than joined the one that runs'),
            'state' => self::text('How it stands', ['idle', 'running', 'done', 'failed']),
            'reason' => self::text('What it was started for'),
            'source' => self::text('Whose data it gets'),
            'startedAt' => self::orNull(self::moment('When it began; null if there was none')),
            'finishedAt' => self::orNull(self::moment('When it ended; null while it runs')),
            'failingSince' => self::orNull(self::moment('Since when its updates fail; null if they do not')),
            'stage' => self::text('What it is doing, or where it failed'),
            'percent' => self::number('How much of the whole is done; 0 if it failed') + ['maximum' => 100],
            'result' => self::orNull(self::object('What it brought, as the helper has it')),
            'warnings' => self::listOf(self::object('A warning of the helper'), 'Its warnings'),
            'error' => self::orNull(self::object('Why it failed, as the helper has it')),
            'errorText' => self::text('The same in words; empty if it did not fail'),
            'canWait' => self::flag('Whether it failed for want of a way to the publisher, who will be asked again'),
        ];
    }
}

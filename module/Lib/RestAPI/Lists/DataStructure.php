<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Lists;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * The block lists of the catalogue with their terms, and what is kept.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return ['lists' => self::blockLists()];
    }

    protected static function answer(): array
    {
        return [
            'lists' => self::listOf(
                self::object('A block list', [
                    'id' => self::text('Its id'),
                    'used' => self::flag('Whether the saved policy names it'),
                    'catalogued' => self::orNull(self::object('What the catalogue says of it; null for your own', [
                        'name' => self::text('Its name'),
                        'publisher' => self::text('Whom to name for it'),
                        'purpose' => self::text('What is in it'),
                        'terms' => self::text('On what terms it may be used'),
                        'terms_url' => self::text('Where its publisher states them'),
                        'every_minutes' => self::number('How often its publisher is asked, in minutes'),
                        'needs_key' => self::flag('Whether its publisher gives it to those who have a key'),
                    ])),
                    'kept' => self::orNull(self::object('What is kept of it; null if nothing is')),
                    'problem' => self::orNull(self::object('Why what is kept cannot be used')),
                    'asked_at' => self::orNull(self::moment('When its publisher was last asked')),
                    'has_failed' => self::flag('Whether that failed'),
                ]),
                'Those of the catalogue, then those of your own'
            ),
            'warnings' => self::warnings(),
        ];
    }
}

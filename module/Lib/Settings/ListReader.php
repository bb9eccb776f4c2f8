<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * Reads a list that came from outside.
 */
final class ListReader
{
    /**
     * @param string $reason what it is, if it is no list: a key of the messages without its prefix
     * @return list<mixed>
     * @throws InvalidInput
     */
    public static function read(mixed $value, string $field, int $most, string $reason = 'list'): array
    {
        // A form cannot send an empty list; it sends an empty text.
        $value = $value === '' ? [] : $value;
        if (!is_array($value) || !array_is_list($value)) {
            throw new InvalidInput($field, $reason);
        }
        if (count($value) > $most) {
            throw new InvalidInput($field, 'too_many', (string)$most);
        }

        return $value;
    }

    /**
     * @return list<string>
     * @throws InvalidInput
     */
    public static function texts(mixed $value, string $field, int $most): array
    {
        return array_map(
            static fn (mixed $text): string => is_string($text) ? $text : throw new InvalidInput($field, 'list'),
            self::read($value, $field, $most)
        );
    }
}

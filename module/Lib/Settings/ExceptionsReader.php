<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * Reads the exceptions of a policy that came from outside or was stored: objects, or plain subnets.
 *
 * What a subnet and a moment are is the helper's to say; see `PolicyCheck`.
 */
final class ExceptionsReader
{
    private const FIELD = 'exceptions';
    private const FIELDS = ['subnet', 'note', 'expires_at'];

    private const MAX_EXCEPTIONS = 2000;
    private const MAX_NOTE = 200;

    /**
     * @return list<ExceptedSubnet>
     * @throws InvalidInput
     */
    public static function read(mixed $value): array
    {
        return array_map(
            static fn (mixed $entry): ExceptedSubnet => self::exception(
                is_string($entry) ? ['subnet' => $entry] : $entry
            ),
            ListReader::read($value, self::FIELD, self::MAX_EXCEPTIONS, 'exceptions')
        );
    }

    private static function exception(mixed $entry): ExceptedSubnet
    {
        if (!is_array($entry)) {
            throw new InvalidInput(self::FIELD, 'exceptions');
        }
        foreach (array_keys($entry) as $field) {
            if (!in_array($field, self::FIELDS, true)) {
                throw new InvalidInput(self::FIELD . ".$field", 'unknown_field');
            }
        }
        $subnet = trim((new Fields($entry))->string('subnet'));
        if ($subnet === '') {
            throw new InvalidInput(self::FIELD, 'subnet');
        }

        return new ExceptedSubnet($subnet, self::note($entry['note'] ?? ''), self::end($entry['expires_at'] ?? null));
    }

    private static function note(mixed $note): string
    {
        if (!is_string($note) || preg_match('/^[^\pC]*$/Du', trim($note)) !== 1) {
            throw new InvalidInput(self::FIELD . '.note', 'note');
        }
        if (mb_strlen($note) > self::MAX_NOTE) {
            throw new InvalidInput(self::FIELD . '.note', 'note_length', (string)self::MAX_NOTE);
        }

        return trim($note);
    }

    private static function end(mixed $end): ?string
    {
        if ($end === null || $end === '') {
            return null;
        }

        return is_string($end) ? $end : throw new InvalidInput(self::FIELD . '.expires_at', 'moment');
    }
}

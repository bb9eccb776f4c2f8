<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * Reads the exceptions of a policy that came from outside or was stored: objects, or plain subnets.
 *
 * What a subnet, a host, a phone and a moment are is the helper's to say; see `PolicyCheck`.
 */
final class ExceptionsReader
{
    private const FIELD = 'exceptions';
    private const FIELDS = ['note', 'expires_at'];

    /** What somebody typed: the helper says what of them it is. */
    private const TEXT = 'text';

    private const MAX_EXCEPTIONS = 2000;
    private const MAX_NOTE = 200;

    /**
     * @return list<Excepted>
     * @throws InvalidInput
     */
    public static function read(mixed $value): array
    {
        return self::all($value, Excepted::KINDS);
    }

    /**
     * The same, where an exception may also be what somebody typed, as `text`.
     *
     * @return list<Excepted>
     * @throws InvalidInput
     */
    public static function typed(mixed $value): array
    {
        return self::all($value, [...Excepted::KINDS, self::TEXT]);
    }

    /**
     * @param list<string> $kinds the fields of which each exception has one
     * @return list<Excepted>
     */
    private static function all(mixed $value, array $kinds): array
    {
        return array_map(
            static fn (mixed $entry): Excepted => self::exception(
                is_string($entry) ? [Excepted::SUBNET => $entry] : $entry,
                $kinds
            ),
            ListReader::read($value, self::FIELD, self::MAX_EXCEPTIONS, 'exceptions')
        );
    }

    /**
     * @param list<string> $kinds
     */
    private static function exception(mixed $entry, array $kinds): Excepted
    {
        if (!is_array($entry)) {
            throw new InvalidInput(self::FIELD, 'exceptions');
        }
        foreach (array_keys($entry) as $field) {
            if (!in_array($field, [...$kinds, ...self::FIELDS], true)) {
                throw new InvalidInput(self::FIELD . ".$field", 'unknown_field');
            }
        }
        [$kind, $who] = self::who(array_intersect_key($entry, array_flip($kinds)), $kinds);

        return new Excepted($kind, $who, self::note($entry['note'] ?? ''), self::end($entry['expires_at'] ?? null));
    }

    /**
     * @param array<array-key, mixed> $named by the kinds
     * @param list<string> $kinds
     * @return array{string, string} the kind and who that is
     */
    private static function who(array $named, array $kinds): array
    {
        $texts = array_filter(
            array_map(static fn (mixed $who): string => is_string($who) ? trim($who) : '', $named),
            static fn (string $who): bool => $who !== ''
        );
        if (count($texts) !== 1) {
            throw new InvalidInput(self::FIELD, 'who', implode(', ', $kinds));
        }

        return [(string)array_key_first($texts), reset($texts)];
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

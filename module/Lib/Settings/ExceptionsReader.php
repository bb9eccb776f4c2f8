<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use DateTimeImmutable;
use DateTimeZone;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\Subnet;

/**
 * Reads the exceptions of a policy that came from outside or was stored: objects, or plain subnets.
 */
final class ExceptionsReader
{
    private const FIELD = 'exceptions';
    private const FIELDS = ['subnet', 'note', 'expires_at', self::EARLIER_END];

    /** What `expires_at` was called in rows that were stored earlier. */
    private const EARLIER_END = 'expires';

    private const MAX_EXCEPTIONS = 2000;
    private const MAX_NOTE = 200;

    /** The last and the first moment that the helper knows; dates of four digits go on for some hours more. */
    private const LATEST = '9999-12-30T22:00:00Z';
    private const EARLIEST = '0000-01-01T00:00:00Z';

    /**
     * Of several for the same subnet the last one counts.
     *
     * @return list<ExceptedSubnet>
     * @throws InvalidInput
     */
    public static function read(mixed $value): array
    {
        // A form cannot send an empty list; it sends an empty text.
        $value = $value === '' ? [] : $value;
        if (!is_array($value) || !array_is_list($value)) {
            throw new InvalidInput(self::FIELD, 'exceptions');
        }
        if (count($value) > self::MAX_EXCEPTIONS) {
            throw new InvalidInput(self::FIELD, 'too_many', (string)self::MAX_EXCEPTIONS);
        }
        $exceptions = [];
        foreach ($value as $entry) {
            $exception = self::exception(is_string($entry) ? ['subnet' => $entry] : $entry);
            unset($exceptions[$exception->subnet]);
            $exceptions[$exception->subnet] = $exception;
        }

        return array_values($exceptions);
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
        $subnet = (new Fields($entry))->string('subnet');

        return new ExceptedSubnet(
            Subnet::canonical(trim($subnet)) ?? throw new InvalidInput(self::FIELD, 'subnet', $subnet),
            self::note($entry['note'] ?? ''),
            self::moment($entry['expires_at'] ?? $entry[self::EARLIER_END] ?? null)
        );
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

    /**
     * A moment of RFC 3339 as the helper writes it, in UTC and whole seconds; null for none.
     */
    private static function moment(mixed $end): ?string
    {
        if ($end === null || $end === '') {
            return null;
        }
        $text = is_string($end) ? $end : '';
        $form = '/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/D';
        $moment = preg_match($form, $text) === 1 ? date_create_immutable($text) : false;
        $errors = DateTimeImmutable::getLastErrors();
        // PHP takes the 31st of February for the 3rd of March, with a warning.
        if ($moment === false || ($errors !== false && $errors['warning_count'] > 0)) {
            throw new InvalidInput(self::FIELD . '.expires_at', 'moment', $text);
        }
        $utc = new DateTimeZone('UTC');
        $known = max(new DateTimeImmutable(self::EARLIEST), min(new DateTimeImmutable(self::LATEST), $moment));

        return $known->setTimezone($utc)->format('Y-m-d\TH:i:s\Z');
    }
}

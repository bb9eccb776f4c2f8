<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * Reads a policy that came from outside: every field checked for its shape, unknown fields refused.
 *
 * Which countries, subnets, hosts and phones exist, and how they are written, is the helper's to say; see
 * `PolicyCheck`.
 */
final class PolicyReader
{
    private const FIELDS = [
        'source', 'mode', 'countries', 'exceptions', 'unknown', 'action', 'admin', 'keepPhones', 'lists',
        'networks',
    ];
    public const MAX_COUNTRIES = 300;

    /** As many as the helper takes. */
    private const MAX_NETWORKS = 64;
    private const LAST_NETWORK = '4294967295';

    /**
     * @param array<array-key, mixed> $input
     * @param Policy $base gives the fields that the input leaves out
     * @param null|list<BlockList> $known the lists so far, whose secrets are not shown; those of `$base` if left out
     * @throws InvalidInput
     */
    public static function read(array $input, Policy $base, ?array $known = null): Policy
    {
        foreach (array_keys($input) as $field) {
            if (!in_array($field, self::FIELDS, true)) {
                throw new InvalidInput((string)$field, 'unknown_field');
            }
        }

        return new Policy(
            self::word($input, 'source', Policy::SOURCES, $base->source),
            self::word($input, 'mode', Policy::MODES, $base->mode),
            array_key_exists('countries', $input)
                ? ListReader::texts($input['countries'], 'countries', self::MAX_COUNTRIES)
                : $base->countries,
            array_key_exists('exceptions', $input) ? ExceptionsReader::read($input['exceptions']) : $base->exceptions,
            self::word($input, 'unknown', Policy::UNKNOWN, $base->unknown),
            self::word($input, 'action', Policy::ACTIONS, $base->action),
            array_key_exists('admin', $input) ? AdministrationReader::read($input['admin']) : $base->admin,
            self::flag($input, 'keepPhones', $base->keepPhones),
            array_key_exists('lists', $input)
                ? BlockListsReader::read($input['lists'], $known ?? $base->lists)
                : $base->lists,
            array_key_exists('networks', $input) ? self::networks($input['networks']) : $base->networks
        );
    }

    /**
     * @return list<int>
     * @throws InvalidInput
     */
    private static function networks(mixed $value): array
    {
        $networks = [];
        foreach (ListReader::read($value, 'networks', self::MAX_NETWORKS) as $place => $number) {
            if (!is_int($number)) {
                throw new InvalidInput("networks[$place]", 'number', self::LAST_NETWORK);
            }
            $networks[] = $number;
        }

        return $networks;
    }

    /**
     * A switch, as JSON or as a form sends it, or as a column holds it.
     *
     * @param array<array-key, mixed> $input
     */
    public static function flag(array $input, string $field, bool $default): bool
    {
        $value = filter_var($input[$field] ?? $default, FILTER_VALIDATE_BOOLEAN, FILTER_NULL_ON_FAILURE);

        return $value ?? throw new InvalidInput($field, 'choice', 'true, false');
    }

    /**
     * @param array<array-key, mixed> $input
     * @param list<string> $words
     */
    public static function word(array $input, string $field, array $words, string $default): string
    {
        $value = $input[$field] ?? $default;
        if (!is_string($value) || !in_array($value, $words, true)) {
            throw new InvalidInput($field, 'choice', implode(', ', $words));
        }

        return $value;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\ListReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;

/**
 * A request as it reaches the module: what was sent, and who sent it.
 */
final class RestRequest
{
    /** What Core puts between the fields of the request. */
    private const CORE_FIELDS = ['httpMethod', '_url', '_idFromRequestBody'];

    /** How the page says it came here: no part of what it asks for. */
    private const SCHEME = 'scheme';

    /**
     * @param array<array-key, mixed> $fields
     */
    public function __construct(public readonly array $fields, public readonly Viewer $viewer)
    {
    }

    /**
     * @param array<array-key, mixed> $request
     */
    public static function fromCore(array $request): self
    {
        $session = (new Fields($request))->object('sessionContext');
        $fields = (new Fields($request))->object('data')->all();
        $scheme = $fields[self::SCHEME] ?? Viewer::HTTPS;
        if (!is_string($scheme) || !in_array($scheme, Viewer::SCHEMES, true)) {
            throw new InvalidInput(self::SCHEME, 'choice', implode(', ', Viewer::SCHEMES));
        }

        return new self(
            array_diff_key($fields, array_flip([...self::CORE_FIELDS, self::SCHEME])),
            new Viewer($session->string('remote_addr'), $scheme, $session->string('user_name'))
        );
    }

    /**
     * A switch, as JSON or as a form sends it.
     */
    public function flag(string $field): bool
    {
        return PolicyReader::flag($this->fields, $field, false);
    }

    public function has(string $field): bool
    {
        return ($this->fields[$field] ?? '') !== '';
    }

    /**
     * One of these words.
     *
     * @param list<string> $words
     */
    public function choice(string $field, array $words, string $default = ''): string
    {
        $value = $this->fields[$field] ?? $default;
        if (!is_string($value) || !in_array($value, $words, true)) {
            throw new InvalidInput($field, 'choice', implode(', ', $words));
        }

        return $value;
    }

    /**
     * A whole number from 1 on, as JSON or as a query string has it.
     */
    public function number(string $field, int $default, int $most): int
    {
        $value = filter_var(
            $this->fields[$field] ?? $default,
            FILTER_VALIDATE_INT,
            ['options' => ['min_range' => 1, 'max_range' => $most]]
        );

        return is_int($value) ? $value : throw new InvalidInput($field, 'number', (string)$most);
    }

    /**
     * Whole numbers: a list, or a text with commas as a query string has it.
     *
     * @return list<int>
     */
    public function numbers(string $field, int $most): array
    {
        $value = $this->fields[$field] ?? [];
        $list = is_string($value) && $value !== '' ? explode(',', $value) : $value;
        $numbers = [];
        foreach (ListReader::read($list, $field, $most) as $number) {
            $numbers[] = filter_var($number, FILTER_VALIDATE_INT, FILTER_NULL_ON_FAILURE)
                ?? throw new InvalidInput($field, 'number', (string)PHP_INT_MAX);
        }

        return $numbers;
    }

    /**
     * The name of a change that had to be confirmed.
     */
    public function token(): string
    {
        $token = $this->fields['token'] ?? null;
        if (!is_string($token) || preg_match('/^[\w-]{1,64}$/D', $token) !== 1) {
            throw new InvalidInput('token', 'token');
        }

        return $token;
    }

    /**
     * Addresses, as far as anybody but the helper can tell: a list, or a text with commas as a query string has it.
     *
     * @return list<string>
     */
    public function addresses(string $field, int $most): array
    {
        $value = $this->fields[$field] ?? [];
        $list = is_string($value) && $value !== '' ? explode(',', $value) : $value;

        return array_values(array_unique(array_map(trim(...), ListReader::texts($list, $field, $most))));
    }
}

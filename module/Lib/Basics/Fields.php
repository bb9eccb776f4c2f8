<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

use UnexpectedValueException;

/**
 * Decoded JSON, read field by field with the type the reader expects.
 */
final class Fields
{
    /**
     * @param array<array-key, mixed> $fields
     */
    public function __construct(private readonly array $fields)
    {
    }

    /**
     * @throws UnexpectedValueException when the text is no JSON object
     */
    public static function fromJson(string $json): self
    {
        $decoded = json_decode($json, true);
        if (!is_array($decoded)) {
            throw new UnexpectedValueException('not a JSON object: ' . mb_strcut($json, 0, 200));
        }

        return new self($decoded);
    }

    /**
     * @return array<array-key, mixed>
     */
    public function all(): array
    {
        return $this->fields;
    }

    public function has(string $name): bool
    {
        return isset($this->fields[$name]);
    }

    public function string(string $name, string $default = ''): string
    {
        $value = $this->fields[$name] ?? null;

        return is_string($value) ? $value : $default;
    }

    public function integer(string $name, int $default = 0): int
    {
        $value = $this->fields[$name] ?? null;

        return is_int($value) ? $value : $default;
    }

    public function flag(string $name): bool
    {
        return ($this->fields[$name] ?? null) === true;
    }

    public function object(string $name): self
    {
        $value = $this->fields[$name] ?? null;

        return new self(is_array($value) ? $value : []);
    }

    /**
     * The text or number at a path such as `policy.exceptions[3].subnet`; empty if there is none.
     */
    public function at(string $path): string
    {
        $value = $this->fields;
        foreach (explode('.', str_replace(['[', ']'], ['.', ''], $path)) as $name) {
            $value = is_array($value) ? $value[$name] ?? null : null;
        }

        return is_string($value) || is_int($value) ? (string)$value : '';
    }

    /**
     * The objects of a list; what is no object is left out.
     *
     * @return list<self>
     */
    public function objects(string $name): array
    {
        $objects = [];
        foreach ($this->object($name)->all() as $value) {
            if (is_array($value)) {
                $objects[] = new self($value);
            }
        }

        return $objects;
    }

    /**
     * The numbers of a list; what is no whole number is left out.
     *
     * @return list<int>
     */
    public function integers(string $name): array
    {
        return array_values(array_filter($this->object($name)->all(), is_int(...)));
    }

    /**
     * The texts of a list; what is no text is left out.
     *
     * @return list<string>
     */
    public function strings(string $name): array
    {
        return array_values(array_filter($this->object($name)->all(), is_string(...)));
    }
}

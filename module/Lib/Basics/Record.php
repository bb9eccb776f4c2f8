<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Basics;

use UnexpectedValueException;

/**
 * What a small file remembers: one JSON object. One that is not there or damaged remembers nothing.
 */
final class Record
{
    /** More than any record needs; nobody is made to read a file that somebody blew up. */
    private const MOST_BYTES = 1000000;

    public function __construct(private readonly string $path)
    {
    }

    public function load(): Fields
    {
        $json = is_file($this->path) ? @file_get_contents($this->path, length: self::MOST_BYTES) : false;
        try {
            return Fields::fromJson($json === false ? '' : $json);
        } catch (UnexpectedValueException) {
            return new Fields([]);
        }
    }

    /**
     * @param array<array-key, mixed> $content
     * @return bool false if it cannot be written
     */
    public function save(array $content): bool
    {
        return PrivateFile::write($this->path, json_encode((object)$content, JSON_THROW_ON_ERROR));
    }

    public function forget(): void
    {
        if (is_file($this->path)) {
            @unlink($this->path);
        }
    }
}

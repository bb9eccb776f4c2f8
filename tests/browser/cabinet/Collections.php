<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

/**
 * The files that a page wants beside Core's own, by Core's collections.
 *
 * What Phalcon's asset manager is to a controller.
 */
final class Collections
{
    private const CLASSIC = 'text/javascript';

    /** @var array<string, list<string>> */
    private array $paths = [];

    /** @var array<string, string> by the paths of scripts */
    private array $types = [];

    private string $current = '';

    public function collection(string $name): self
    {
        $this->current = $name;

        return $this;
    }

    public function addCss(string $path, bool $local = true): self
    {
        $this->paths[$this->current][] = $path;

        return $this;
    }

    /**
     * @param array<string, string> $attributes of the script's tag
     */
    public function addJs(string $path, bool $local = true, bool $filter = true, array $attributes = []): self
    {
        $this->types[$path] = $attributes['type'] ?? self::CLASSIC;

        return $this->addCss($path, $local);
    }

    /**
     * The type of a script, by its path.
     */
    public function type(string $path): string
    {
        return $this->types[$path] ?? self::CLASSIC;
    }

    /**
     * @return list<string>
     */
    public function paths(string $collection): array
    {
        return $this->paths[$collection] ?? [];
    }
}

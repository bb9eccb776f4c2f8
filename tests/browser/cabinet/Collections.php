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
    /** @var array<string, list<string>> */
    private array $paths = [];

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

    public function addJs(string $path, bool $local = true): self
    {
        return $this->addCss($path, $local);
    }

    /**
     * @return list<string>
     */
    public function paths(string $collection): array
    {
        return $this->paths[$collection] ?? [];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;
use Stringable;

/**
 * From which countries services for administrators can be reached; exceptions and private addresses always may.
 */
final class Administration implements Stringable
{
    /**
     * @param list<string> $countries two-letter codes
     * @param list<string> $services of `AdminPorts::SERVICES`, at least one, sorted, none twice
     */
    public function __construct(public readonly array $countries, public readonly array $services)
    {
    }

    /**
     * @return array{countries: list<string>, services: list<string>}
     */
    public function toArray(): array
    {
        return ['countries' => $this->countries, 'services' => $this->services];
    }

    /**
     * What the helper's policy has to know: nothing if no service has a port of its own.
     *
     * @return array{admin?: array{countries: list<string>, ports: list<int>}}
     */
    public function toRequest(): array
    {
        $ports = AdminPorts::of($this->services);

        return $ports === [] ? [] : ['admin' => ['countries' => $this->countries, 'ports' => $ports]];
    }

    /**
     * The same to be checked: a port stands for those of which none is left.
     *
     * @return array{admin: array{countries: list<string>, ports: list<int>}}
     */
    public function toCheck(): array
    {
        return ['admin' => ['countries' => $this->countries, 'ports' => [1]]];
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return sprintf('%s (%s)', implode(',', $this->countries) ?: 'no country', implode(',', $this->services));
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning;

use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;

/**
 * What switching a learning filter on would do.
 */
final class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return ['scheme' => self::scheme()];
    }

    protected static function answer(): array
    {
        return [
            'since' => self::orNull(self::moment('Since when it has been learning; null if it is not')),
            'packets' => self::number('How many packets it would have dropped'),
            'countries' => self::number('From how many countries'),
            'affected' => self::orNull(self::affected()),
            'peerCountries' => self::listOf(self::text('A two-letter code'), 'Where phones and providers have been'),
            'peerNetworks' => self::listOf(
                self::network('A network'),
                'Their networks, in order of their numbers; none without data that tells them'
            ),
        ];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

/**
 * What a policy would do. The parameters are those of the resource.
 */
final class PreviewStructure extends DataStructure
{
    protected static function answer(): array
    {
        return [
            'source' => self::text('The source that it was judged by'),
            'own' => self::orNull(self::object('What becomes of the address of whoever asks')),
            'addresses' => self::listOf(
                self::object('An address and its verdict'),
                'One for each address of the request'
            ),
            'affected' => self::affected(),
            'entries' => self::number('How many entries the kernel would hold'),
            'memory_bytes' => self::number('How much memory they would take, about'),
            'attached' => self::flag('Whether packets pass through the filter now'),
            'changed' => self::flag('Whether saving would change what the kernel holds'),
            'sets' => self::listOf(self::object('A set of the kernel'), 'The sets'),
            'warnings' => self::warnings(),
        ];
    }
}

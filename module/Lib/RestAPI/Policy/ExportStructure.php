<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * What there is to know about a file for another firewall. The parameters are those of the resource.
 */
final class ExportStructure extends DataStructure
{
    protected static function answer(): array
    {
        return [
            'name' => self::text('What the file is called'),
            'source' => self::text('Whose data it rests on', Policy::SOURCES),
            'subnets' => self::object('The CIDR blocks in it', [
                'v4' => self::number('IPv4'),
                'v6' => self::number('IPv6'),
            ]),
            'bytes' => self::number('Its size'),
            'sha256' => self::text('Its SHA-256: the same as long as the same is blocked'),
            'commands' => self::listOf(self::text('A command; FILE stands for the file'), 'What to run there'),
            'warnings' => self::warnings(),
        ];
    }
}

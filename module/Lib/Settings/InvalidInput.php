<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use InvalidArgumentException;
use Modules\ModuleGeoIP\Lib\Pbx\Words;

/**
 * A value from outside that cannot be right; the message is translated and names the field.
 */
final class InvalidInput extends InvalidArgumentException
{
    /**
     * @param string $reason a key of the messages without its prefix
     */
    public function __construct(public readonly string $field, string $reason, string $value = '')
    {
        $shown = mb_strcut($value, 0, 60);
        parent::__construct(
            Words::of("module_geoip_invalid_$reason", ['field' => $field, 'value' => $shown])
        );
    }
}

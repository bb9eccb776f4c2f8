<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use InvalidArgumentException;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Words;

/**
 * A value from outside that cannot be right; the message is translated and names the field.
 */
final class InvalidInput extends InvalidArgumentException
{
    /** What the helper refuses in words of ours: the sentences by the fields. */
    private const REASONS = [
        'countries' => 'country',
        'admin.countries' => 'country',
        'exceptions.subnet' => 'subnet',
        'exceptions.host' => 'host',
        'exceptions.phone' => 'phone',
        'exceptions.expires_at' => 'moment',
        'addresses' => 'address',
        'address' => 'address',
        'phone' => 'phone',
    ];

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

    /**
     * What the helper refused, in the administrator's words; the same error if it is about anything else.
     *
     * @param null|string $field what the sender calls the field, if it is not called as in a policy
     */
    public static function ofRefusal(HelperError $error, ?string $field = null): HelperError|self
    {
        $reason = $error->isInvalidRequest() ? self::REASONS[$error->fieldSent()] ?? null : null;

        return $reason === null ? $error : new self($field ?? $error->fieldSent(), $reason, $error->value);
    }
}

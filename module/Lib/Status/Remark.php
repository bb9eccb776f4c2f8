<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;

/**
 * A problem or a warning as the page shows it: its code, a sentence, and the click that helps.
 */
final class Remark
{
    /** What helps against what only the PBX knows. */
    private const ACTIONS = [
        'pbx.firewall_off' => 'firewall',
        'pbx.policy_pending' => 'repair',
        'pbx.withheld' => 'enforce',
    ];

    /** The click that does what the helper says helps. A repair heals, and applies the saved policy. */
    private const REMEDIES = [
        'heal' => 'repair',
        'apply' => 'repair',
        'update' => 'update',
        'firewall' => 'firewall',
    ];

    /**
     * @return array{code: string, text: string, action: null|string}
     */
    public static function ofPbx(string $code): array
    {
        return ['code' => $code, 'text' => ErrorText::of($code, ''), 'action' => self::ACTIONS[$code] ?? null];
    }

    /**
     * @param string $message the helper's words
     * @param string $remedy what the helper says helps; empty if no single step does
     * @return array{code: string, text: string, action: null|string}
     */
    public static function ofHelper(string $code, string $message, string $remedy): array
    {
        return [
            'code' => $code,
            'text' => ErrorText::of($code, $message),
            'action' => self::REMEDIES[$remedy] ?? null,
        ];
    }
}

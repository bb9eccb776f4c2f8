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
    /** What helps, where one click does. */
    private const ACTIONS = [
        'pbx.firewall_off' => 'firewall',
        'pbx.policy_pending' => 'repair',
        'pbx.withheld' => 'enforce',
        'database.missing' => 'update',
        'database.corrupt' => 'update',
        'database.version' => 'update',
        'policy.none' => 'repair',
        'state.plan_unusable' => 'repair',
        'firewall.sets_drifted' => 'repair',
        'firewall.set_options_drifted' => 'repair',
        'firewall.chain_drifted' => 'repair',
        'firewall.not_attached' => 'repair',
        'firewall.accepted_before' => 'firewall',
        'firewall.rule_not_understood' => 'firewall',
        'firewall.trust_not_honoured' => 'firewall',
        'source.family_missing' => 'update',
    ];

    /**
     * @param string $message the helper's words; empty for a code of our own
     * @return array{code: string, text: string, action: null|string}
     */
    public static function of(string $code, string $message = ''): array
    {
        return ['code' => $code, 'text' => ErrorText::of($code, $message), 'action' => self::ACTIONS[$code] ?? null];
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;

/**
 * A problem or a warning as the page shows it: its code, a sentence, the helper's own words for it, and what helps.
 */
final class Remark
{
    /** What helps against what only the PBX knows. */
    private const OF_PBX = [
        'pbx.firewall_off' => 'firewall',
        'pbx.firewall_unmanaged' => 'export',
        'pbx.withheld' => 'enforce',
    ];

    /** How an administrator does what the helper says helps. A repair heals, gets missing lists, and applies
     * the saved policy. */
    private const OF_HELPER = [
        'heal' => 'repair',
        'apply' => 'repair',
        'lists' => 'repair',
        'update' => 'update',
        'firewall' => 'firewall',
    ];

    /**
     * @return array{code: string, text: string, detail: string, remedy: null|string}
     */
    public static function ofPbx(string $code): array
    {
        return [
            'code' => $code,
            'text' => ErrorText::of($code, ''),
            'detail' => '',
            'remedy' => self::OF_PBX[$code] ?? null,
        ];
    }

    /**
     * @return array{code: string, text: string, detail: string, remedy: null|string}
     */
    public static function ofError(HelperError $error): array
    {
        return self::ofHelper([
            'code' => $error->codeWord,
            'message' => $error->getMessage(),
            'remedy' => $error->remedy,
        ]);
    }

    /**
     * @param array{code: string, message: string, remedy: string} $remark
     * @param bool $isOfUse whether what the helper says helps is of any use now
     * @return array{code: string, text: string, detail: string, remedy: null|string}
     */
    public static function ofHelper(array $remark, bool $isOfUse = true): array
    {
        return [
            'code' => $remark['code'],
            'text' => ErrorText::of($remark['code'], $remark['message']),
            'detail' => $remark['message'],
            'remedy' => $isOfUse ? self::OF_HELPER[$remark['remedy']] ?? null : null,
        ];
    }
}

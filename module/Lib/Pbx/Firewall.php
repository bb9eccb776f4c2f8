<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Core\System\System;
use MikoPBX\Core\Workers\Libs\WorkerModelsEvents\Actions\ReloadFirewallAction;

/**
 * What Core does with the firewall of this machine.
 */
final class Firewall
{
    /**
     * False in Docker and in containers without rights to it: Core never touches the firewall there, nor do we.
     */
    public static function isManaged(): bool
    {
        return Attempt::to(
            'ask the PBX whether it manages its firewall',
            static fn (): bool => System::canManageFirewall(),
            true
        );
    }

    /**
     * False when the administrator switched the firewall off: INPUT is then meant to be empty.
     */
    public static function isEnabled(): bool
    {
        return (int)PbxSettings::getValueByKey(PbxSettings::PBX_FIREWALL_ENABLED) === 1;
    }

    /**
     * True if Core's rules are in INPUT: only then they say who gets in.
     */
    public static function isAtWork(): bool
    {
        return self::isManaged() && self::isEnabled();
    }

    /**
     * Asks Core to build INPUT anew, through its own queue. Only Core knows where each rule belongs.
     *
     * Never its reload itself: two of them at once leave INPUT without its accepts.
     */
    public static function queueReload(): void
    {
        Queue::ask('reload its firewall', ReloadFirewallAction::class);
    }
}

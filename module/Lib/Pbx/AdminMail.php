<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Common\Providers\LanguageProvider;
use MikoPBX\Core\System\Notifications;
use Phalcon\Di\Di;

/**
 * The e-mail for notices of the system, to whoever is named for it in Core's settings.
 */
final class AdminMail
{
    /**
     * @param list<string> $lines texts, no markup
     */
    public static function send(string $subject, array $lines): void
    {
        if (!self::hasAddress()) {
            return;
        }
        Attempt::to('send an e-mail to the administrator', static function () use ($subject, $lines): void {
            Notifications::sendAdminNotification(
                ['messageTpl' => Words::of('mo_ModuleGeoIP') . ": $subject"],
                // The mail is HTML, and a line may quote what somebody else wrote.
                array_map(static fn (string $line): array => ['messageTpl' => htmlspecialchars($line)], $lines),
                // Core would be silent for a day about the same words too, also when all was well in between.
                true
            );
        });
    }

    /**
     * True if somebody is named for it.
     */
    public static function hasAddress(): bool
    {
        return PbxSettings::getValueByKey(PbxSettings::SYSTEM_NOTIFICATIONS_EMAIL) !== '';
    }

    /**
     * Makes this process speak the administrator's language; Core would choose that of the console.
     */
    public static function speakHisLanguage(): void
    {
        Attempt::to('speak the language of the web interface', static function (): void {
            Di::getDefault()?->set(LanguageProvider::PREFERRED_LANG_WEB, true);
        });
    }

    /**
     * That language, as ICU names it.
     */
    public static function language(): string
    {
        return PbxSettings::getValueByKey(PbxSettings::WEB_ADMIN_LANGUAGE);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Healing;

use Modules\ModuleGeoIP\Lib\Basics\Record;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Words;

/**
 * What the administrator is told unasked: in the system log, and by the e-mail for notices of the system.
 *
 * A trouble is told once a day while it lasts, not each time that it is found.
 */
final class Notice
{
    private const FILE = 'notices.json';

    private const SILENCE_SECONDS = 86400;

    /**
     * @param string $trouble what the silence is about
     * @param string $key of the sentence
     * @param array<string, string> $gaps
     */
    public function tell(string $trouble, string $key, array $gaps): void
    {
        $told = self::record()->load();
        $age = time() - $told->integer($trouble);
        if ($age >= 0 && $age < self::SILENCE_SECONDS) {
            return;
        }
        $text = Words::of($key, $gaps);
        Log::warning($text);
        // Where it cannot be noted that it was told, the log has to do: an e-mail each time would be worse.
        if (self::record()->save([$trouble => time()] + $told->all())) {
            AdminMail::send(Words::of('module_geoip_headline_attention'), [$text]);
        }
    }

    /**
     * All is well: whatever happens next is news.
     */
    public function forget(): void
    {
        self::record()->forget();
    }

    /**
     * When each trouble was told.
     */
    private static function record(): Record
    {
        return new Record(Module::stateDirectory() . '/' . self::FILE);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Healing;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\PrivateFile;
use Modules\ModuleGeoIP\Lib\Pbx\AdminMail;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Words;
use UnexpectedValueException;

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
        $told = $this->told();
        $age = time() - $told->integer($trouble);
        if ($age >= 0 && $age < self::SILENCE_SECONDS) {
            return;
        }
        $text = Words::of($key, $gaps);
        Log::warning($text);
        $noted = json_encode([$trouble => time()] + $told->all(), JSON_THROW_ON_ERROR);
        // Where it cannot be noted that it was told, the log has to do: an e-mail each time would be worse.
        if (PrivateFile::write(self::path(), $noted)) {
            AdminMail::send(Words::of('module_geoip_headline_attention'), [$text]);
        }
    }

    /**
     * All is well: whatever happens next is news.
     */
    public function forget(): void
    {
        if (is_file(self::path())) {
            @unlink(self::path());
        }
    }

    /**
     * When each trouble was told.
     */
    private function told(): Fields
    {
        try {
            return Fields::fromJson((string)@file_get_contents(self::path()));
        } catch (UnexpectedValueException) {
            return new Fields([]);
        }
    }

    private static function path(): string
    {
        return Module::stateDirectory() . '/' . self::FILE;
    }
}

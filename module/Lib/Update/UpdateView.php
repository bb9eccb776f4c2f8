<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;

/**
 * The running or the last update as the page gets it: its record, its error in words, and whether that can wait.
 */
final class UpdateView
{
    /** How long nobody need hear that the publisher cannot be reached: it is asked again before the day is over. */
    private const PATIENCE_SECONDS = 86400;

    private const UNREACHABLE = 'source.download';

    /**
     * @return array<array-key, mixed>
     */
    public static function current(): array
    {
        $status = UpdateStatus::load();
        $record = new Fields($status->toArray());
        $error = $record->object('error');

        return [
            'errorText' => $error->has('code')
                ? ErrorText::of($error->string('code'), $error->string('message'))
                : '',
            'canWait' => in_array($record->string('reason'), Updater::UNASKED, true)
                && $error->string('code') === self::UNREACHABLE
                && abs(time() - $status->failingSince()) < self::PATIENCE_SECONDS,
        ] + $record->all();
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;

/**
 * The running or the last update as the page gets it: its record, and its error in words.
 */
final class UpdateView
{
    /**
     * @return array<array-key, mixed>
     */
    public static function current(): array
    {
        $record = new Fields(UpdateStatus::load()->toArray());
        $error = $record->object('error');

        return ['errorText' => $error->has('code')
            ? ErrorText::of($error->string('code'), $error->string('message'))
            : ''] + $record->all();
    }
}

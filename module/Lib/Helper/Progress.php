<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * How far a long operation is: the stage, and the percentage of the whole operation.
 */
final class Progress
{
    public function __construct(public readonly string $stage, public readonly int $percent)
    {
    }

    public static function fromMessage(Fields $message): self
    {
        return new self($message->string('stage'), $message->integer('overall'));
    }
}

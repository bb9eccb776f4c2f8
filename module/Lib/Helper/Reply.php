<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * The answer of an operation that succeeded.
 */
final class Reply
{
    /**
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     */
    public function __construct(public readonly Fields $data, public readonly array $warnings)
    {
    }

    public static function fromMessage(Fields $message): self
    {
        $warnings = array_map(
            static fn (Fields $warning): array => [
                'code' => $warning->string('code'),
                'message' => $warning->string('message'),
                'remedy' => $warning->string('remedy'),
            ],
            $message->objects('warnings')
        );

        return new self($message->object('data'), $warnings);
    }
}

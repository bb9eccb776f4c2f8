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
     * @param list<array{code: string, message: string, remedy: string}> $warnings `remedy` may be empty
     */
    public function __construct(public readonly Fields $data, public readonly array $warnings)
    {
    }

    public static function fromMessage(Fields $message): self
    {
        return new self($message->object('data'), self::remarks($message->objects('warnings')));
    }

    /**
     * Why the policy is not in force, or not all of it, where the operation tells.
     *
     * @return list<array{code: string, message: string, remedy: string}>
     */
    public function problems(): array
    {
        return self::remarks($this->data->objects('problems'));
    }

    /**
     * @param list<Fields> $remarks
     * @return list<array{code: string, message: string, remedy: string}>
     */
    private static function remarks(array $remarks): array
    {
        return array_map(
            static fn (Fields $remark): array => [
                'code' => $remark->string('code'),
                'message' => $remark->string('message'),
                'remedy' => $remark->string('remedy'),
            ],
            $remarks
        );
    }
}

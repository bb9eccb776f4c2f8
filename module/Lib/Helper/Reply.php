<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Fields;

/**
 * What an operation that succeeded has to tell.
 */
final class Reply
{
    /**
     * @param list<array{code: string, message: string}> $warnings
     */
    public function __construct(public readonly Fields $data, public readonly array $warnings)
    {
    }

    public static function fromMessage(Fields $message): self
    {
        $warnings = [];
        foreach ($message->objects('warnings') as $warning) {
            $warnings[] = ['code' => $warning->string('code'), 'message' => $warning->string('message')];
        }

        return new self($message->object('data'), $warnings);
    }

    /**
     * True if packets pass through the filter (`apply`, `attach`, `status`, `preview`).
     */
    public function isAttached(): bool
    {
        return $this->data->flag('attached');
    }

    /**
     * The sources with usable data on disk (`status`).
     *
     * @return list<string>
     */
    public function sourcesOnDisk(): array
    {
        return array_map(
            static fn (Fields $database): string => $database->string('source'),
            $this->data->objects('databases')
        );
    }
}

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
    private const SOURCE_ERRORS = [
        'source.checksum',
        'source.download',
        'source.malformed',
        'source.shrunk',
        'source.too_large',
    ];

    /**
     * @param list<array{code: string, message: string, hint: string, retryable: bool}> $warnings
     */
    public function __construct(public readonly Fields $data, public readonly array $warnings)
    {
    }

    public static function fromMessage(Fields $message): self
    {
        $warnings = array_map(
            static fn (Fields $warning): array => HelperError::fromReply($warning)->toArray(),
            $message->objects('warnings')
        );

        return new self($message->object('data'), $warnings);
    }

    /**
     * Why an update has nothing to show from the publisher (`update`); null if it has, or if nothing is newer there.
     *
     * While there is other data to go on with the helper calls it a warning, by the code of the error that it was.
     */
    public function sourceFailure(): ?HelperError
    {
        $warnings = $this->data->string('origin') === 'online' ? [] : $this->warnings;
        foreach ($warnings as $warning) {
            if (in_array($warning['code'], self::SOURCE_ERRORS, true)) {
                return HelperError::fromReply(new Fields($warning));
            }
        }

        return null;
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

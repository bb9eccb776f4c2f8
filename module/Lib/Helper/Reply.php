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
    private const SOURCE_ERRORS = [
        'source.checksum',
        'source.download',
        'source.malformed',
        'source.shrunk',
        'source.too_large',
    ];

    /**
     * @param list<array{code: string, message: string}> $warnings
     * @param null|HelperError $survived the first warning that is an error of a source
     */
    public function __construct(
        public readonly Fields $data,
        public readonly array $warnings,
        private readonly ?HelperError $survived = null
    ) {
    }

    public static function fromMessage(Fields $message): self
    {
        $warnings = [];
        $survived = null;
        foreach ($message->objects('warnings') as $warning) {
            $warnings[] = ['code' => $warning->string('code'), 'message' => $warning->string('message')];
            if (in_array($warning->string('code'), self::SOURCE_ERRORS, true)) {
                $survived ??= HelperError::fromWarning($warning);
            }
        }

        return new self($message->object('data'), $warnings, $survived);
    }

    /**
     * Why an update took nothing from the publisher (`update`); null if it took something, or if nothing is newer.
     *
     * While there is other data to go on with, the helper warns with the code of the error instead of failing.
     */
    public function sourceFailure(): ?HelperError
    {
        return $this->data->string('origin') === 'online' ? null : $this->survived;
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

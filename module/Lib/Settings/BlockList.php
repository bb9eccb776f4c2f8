<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Stringable;

/**
 * A block list that is used: one of the catalogue, by its id alone or with the administrator's key, or one's own, by
 * its URL or its text.
 */
final class BlockList implements Stringable
{
    public const ID = 'id';
    public const URL = 'url';
    public const TEXT = 'text';
    public const KEY = 'key';

    private const HIDDEN_KEY = '***';

    /** Where a URL may hold a secret: before the host, and behind the path. */
    private const SECRETS = ['~^([a-z]+://)[^/?#]*@~i', '~[?#].*$~s'];
    private const HIDDEN = ['$1***@', '?***'];

    public function __construct(
        public readonly string $id,
        public readonly ?string $url = null,
        public readonly ?string $text = null,
        public readonly ?string $key = null
    ) {
    }

    /**
     * True if nothing but its id was said of it.
     */
    public function isBare(): bool
    {
        return $this->url === null && $this->text === null && $this->key === null;
    }

    /**
     * As it is stored, and as the helper takes it.
     *
     * @return array<string, string>
     */
    public function toArray(): array
    {
        return array_filter(
            [self::ID => $this->id, self::URL => $this->url, self::TEXT => $this->text, self::KEY => $this->key],
            is_string(...)
        );
    }

    /**
     * As it is shown: of a URL nothing that may be secret, and of a key that there is one.
     *
     * @return array<string, string>
     */
    public function toView(): array
    {
        $shown = $this->url === null ? null : self::withoutSecrets($this->url);

        return (new self($this->id, $shown, $this->text, $this->key === null ? null : self::HIDDEN_KEY))->toArray();
    }

    /**
     * For the log.
     */
    public function __toString(): string
    {
        return $this->id . ($this->url === null ? '' : ' (' . self::withoutSecrets($this->url) . ')');
    }

    private static function withoutSecrets(string $url): string
    {
        return (string)preg_replace(self::SECRETS, self::HIDDEN, $url);
    }
}

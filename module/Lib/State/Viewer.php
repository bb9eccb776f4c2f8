<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\State;

use MikoPBX\Core\System\Directories;
use Modules\ModuleGeoIP\Lib\Address;
use Modules\ModuleGeoIP\Lib\Fields;
use Modules\ModuleGeoIP\Lib\Module;
use UnexpectedValueException;

/**
 * Who looked at the page last while the module was off: most likely whoever switches it on.
 *
 * The page is served by the web server's user, who must not write where root keeps what it loads into the kernel. What
 * that user says here can do no more than put a policy on trial.
 */
final class Viewer
{
    private const FILE = 'viewer.json';

    private const KEPT_SECONDS = 3600;

    private const MOST_BYTES = 1000;

    private function __construct(public readonly string $address, public readonly string $scheme)
    {
    }

    /**
     * Whoever has the page before him now.
     */
    public static function from(string $address, string $scheme): self
    {
        return new self(Address::canonical($address), $scheme === 'http' ? 'http' : 'https');
    }

    /**
     * The address is empty if nobody looked lately.
     */
    public static function last(): self
    {
        $path = self::directory() . '/' . self::FILE;
        try {
            $record = Fields::fromJson((string)@file_get_contents($path, length: self::MOST_BYTES));
        } catch (UnexpectedValueException) {
            $record = new Fields([]);
        }
        $age = time() - $record->integer('at');
        $isFresh = $age >= 0 && $age < self::KEPT_SECONDS;

        return self::from($isFresh ? $record->string('address') : '', $record->string('scheme'));
    }

    public function remember(): void
    {
        $directory = self::directory();
        if (is_dir($directory) || @mkdir($directory, 0700, true)) {
            $record = ['address' => $this->address, 'scheme' => $this->scheme, 'at' => time()];
            @file_put_contents("$directory/" . self::FILE, json_encode($record, JSON_THROW_ON_ERROR), LOCK_EX);
        }
    }

    /**
     * The web server's user's own, gone with the next boot.
     */
    public static function directory(): string
    {
        return Directories::getDir(Directories::CORE_TEMP_DIR) . '/' . Module::ID;
    }
}

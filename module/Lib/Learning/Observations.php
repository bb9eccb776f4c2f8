<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\PrivateFile;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use UnexpectedValueException;

/**
 * In which countries phones and providers were while the filter has been learning, and when last.
 *
 * Countries only, no addresses and no names: there are some hundreds of them at the most.
 */
final class Observations
{
    private const FILE = 'observed.json';

    /**
     * @return array<string, string> moments of RFC 3339 in UTC by country
     */
    public static function all(): array
    {
        try {
            $record = Fields::fromJson((string)@file_get_contents(self::path()));
        } catch (UnexpectedValueException) {
            return [];
        }
        $countries = [];
        foreach (array_keys($record->all()) as $country) {
            if (preg_match('/^[A-Z]{2}$/D', (string)$country) === 1) {
                $countries[(string)$country] = $record->string((string)$country);
            }
        }

        return $countries;
    }

    /**
     * @param list<string> $countries where somebody is now
     */
    public static function add(array $countries): void
    {
        $known = array_fill_keys($countries, gmdate('Y-m-d\TH:i:s\Z')) + self::all();
        ksort($known);
        PrivateFile::write(self::path(), json_encode((object)$known, JSON_THROW_ON_ERROR));
    }

    public static function forget(): void
    {
        if (is_file(self::path())) {
            @unlink(self::path());
        }
    }

    private static function path(): string
    {
        return Module::stateDirectory() . '/' . self::FILE;
    }
}

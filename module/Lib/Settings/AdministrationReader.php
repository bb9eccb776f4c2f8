<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;

/**
 * Reads who may administer, of a policy that came from outside or was stored.
 *
 * Which countries exist is the helper's to say; see `PolicyCheck`.
 */
final class AdministrationReader
{
    private const FIELD = 'admin';
    private const COUNTRIES = 'countries';
    private const SERVICES = 'services';

    /**
     * @return null|Administration null if no service is restricted
     * @throws InvalidInput
     */
    public static function read(mixed $value): ?Administration
    {
        // A form cannot send null; it sends an empty text.
        $value = $value === '' ? null : $value;
        if ($value !== null && !is_array($value)) {
            throw new InvalidInput(self::FIELD, 'choice', 'null, {countries, services}');
        }
        foreach (array_keys($value ?? []) as $field) {
            if (!in_array($field, [self::COUNTRIES, self::SERVICES], true)) {
                throw new InvalidInput(self::FIELD . ".$field", 'unknown_field');
            }
        }
        if ($value === null) {
            return null;
        }
        $countries = self::texts($value, self::COUNTRIES);
        $services = array_unique(self::texts($value, self::SERVICES));
        sort($services);
        if (array_diff($services, AdminPorts::SERVICES) !== []) {
            throw new InvalidInput(self::field(self::SERVICES), 'choice', implode(', ', AdminPorts::SERVICES));
        }

        return $services === [] ? null : new Administration($countries, $services);
    }

    /**
     * Half of a restriction would lift it, or shut everybody out.
     *
     * @param array<array-key, mixed> $value
     * @return list<string>
     */
    private static function texts(array $value, string $name): array
    {
        return ListReader::texts($value[$name] ?? null, self::field($name), PolicyReader::MAX_COUNTRIES);
    }

    private static function field(string $name): string
    {
        return self::FIELD . ".$name";
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Phalcon\Db\Adapter\AdapterInterface;
use Phalcon\Db\Enum;

/**
 * What the settings called things before the first release, on PBXs that tried 0.1.0 while it was being made: the
 * column of the exceptions `allowList`, their end `expires`, and in a change that waits for its confirmation `allow`.
 *
 * Nothing else knows these names. It can go when no PBX is left with settings that were saved before 2026-11-29.
 */
final class EarlierNames
{
    private const SETTINGS = 'm_ModuleGeoIP';

    /**
     * Gives the column of the exceptions its name of today. Runs before Core upgrades the table, for Core drops columns
     * that the model does not name.
     */
    public static function renameColumns(AdapterInterface $database): void
    {
        $found = $database->fetchAll(
            "SELECT name FROM pragma_table_info('" . self::SETTINGS . "') WHERE name IN ('allowList', 'exceptions')",
            Enum::FETCH_ASSOC
        );
        if ($found === [['name' => 'allowList']]) {
            $database->execute('ALTER TABLE ' . self::SETTINGS . ' RENAME COLUMN allowList TO exceptions');
        }
    }

    /**
     * A stored policy by the names of today.
     *
     * @param array<array-key, mixed> $stored
     * @return array<array-key, mixed>
     */
    public static function replaced(array $stored): array
    {
        $stored = self::renamed($stored, 'allow', 'exceptions');
        $exceptions = $stored['exceptions'] ?? null;
        if (is_array($exceptions)) {
            $stored['exceptions'] = array_map(
                static fn (mixed $one): mixed => is_array($one) ? self::renamed($one, 'expires', 'expires_at') : $one,
                $exceptions
            );
        }

        return $stored;
    }

    /**
     * @param array<array-key, mixed> $fields
     * @return array<array-key, mixed>
     */
    private static function renamed(array $fields, string $earlier, string $today): array
    {
        $renamed = [];
        foreach ($fields as $name => $value) {
            $renamed[$name === $earlier ? $today : $name] = $value;
        }

        return $renamed;
    }
}

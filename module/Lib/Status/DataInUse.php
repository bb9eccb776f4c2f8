<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * The data that is in use: whose it is, how old, how much.
 */
final class DataInUse
{
    /**
     * @param Fields $kernel the helper's status
     * @return null|array<string, mixed> null before there is any
     */
    public static function of(Fields $kernel, Policy $policy): ?array
    {
        $database = self::find($kernel->objects('databases'), $policy->source);

        return $database === null ? null : [
            'source' => $database->string('source'),
            'release' => $database->has('release') ? $database->string('release') : null,
            'updatedAt' => $database->string('checked_at'),
            'subnets' => $database->object('subnets')->integer('v4') + $database->object('subnets')->integer('v6'),
            'ageDays' => $database->integer('age_days'),
            'attribution' => $database->object('attribution')->all(),
        ];
    }

    /**
     * What the policy in force rests on; as long as there is none, the data of the chosen source.
     *
     * @param list<Fields> $databases
     */
    private static function find(array $databases, string $source): ?Fields
    {
        $chosen = null;
        foreach ($databases as $database) {
            if ($database->flag('is_used')) {
                return $database;
            }
            $chosen = $database->string('source') === $source ? $database : $chosen;
        }

        return $chosen;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use JsonException;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Models\ModuleGeoIP;

/**
 * The policy in the columns of the settings' row.
 */
final class StoredPolicy
{
    public static function of(ModuleGeoIP $row): Policy
    {
        $stored = EarlierNames::replaced([
            'source' => $row->dataSource,
            'mode' => $row->mode,
            'countries' => self::decode($row->countries),
            'exceptions' => self::decode($row->exceptions),
            'unknown' => $row->unknownAddresses,
            'action' => $row->policyAction,
            'admin' => self::decode($row->admin),
            'keepPhones' => $row->keepPhones,
            'lists' => self::decode($row->lists),
            'networks' => self::decode($row->networks),
        ]);
        $policy = new Policy();
        foreach ($stored as $field => $value) {
            try {
                // Field by field: one that somebody damaged by hand must not take the others with it.
                $policy = $value === null || $value === '' ? $policy : PolicyReader::read([$field => $value], $policy);
            } catch (InvalidInput $error) {
                Log::warning("the stored setting is replaced by its default: {$error->getMessage()}");
            }
        }

        return $policy;
    }

    public static function write(ModuleGeoIP $row, Policy $policy): void
    {
        $row->dataSource = $policy->source;
        $row->mode = $policy->mode;
        $row->countries = json_encode($policy->countries, JSON_THROW_ON_ERROR);
        self::writeExceptions($row, $policy);
        $row->unknownAddresses = $policy->unknown;
        $row->policyAction = $policy->action;
        $row->admin = $policy->admin === null ? null : json_encode($policy->admin->toArray(), JSON_THROW_ON_ERROR);
        $row->keepPhones = $policy->keepPhones ? '1' : '0';
        $lists = $policy->toArray()['lists'];
        $row->lists = json_encode($lists, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
        $row->networks = json_encode($policy->networks, JSON_THROW_ON_ERROR);
        $row->revision = $policy->revision();
    }

    public static function writeExceptions(ModuleGeoIP $row, Policy $policy): void
    {
        $exceptions = $policy->toArray()['exceptions'];
        $row->exceptions = json_encode($exceptions, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
    }

    /**
     * What a column holds; its text if that is no JSON, for whoever reads it to refuse.
     */
    private static function decode(?string $json): mixed
    {
        try {
            return $json === null ? null : json_decode($json, true, 4, JSON_THROW_ON_ERROR);
        } catch (JsonException) {
            return $json;
        }
    }
}

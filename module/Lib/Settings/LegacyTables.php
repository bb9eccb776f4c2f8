<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Phalcon\Db\Adapter\AdapterInterface;
use Phalcon\Db\Enum;

/**
 * Takes over what earlier versions stored: the selection that the PHP-only version kept as a row for each country, and
 * the exceptions in the column's former name.
 *
 * Source and filter need no taking over: they stand in columns that this version still uses.
 */
final class LegacyTables
{
    private const TABLE = 'm_GeoFilterCountries';
    private const SETTINGS = 'm_ModuleGeoIP';

    public function __construct(
        private readonly AdapterInterface $database,
        private readonly PolicyStore $store,
        private readonly Helper $helper
    ) {
    }

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
     * Runs once: the table goes when its content is safely in the settings.
     */
    public function takeOver(): void
    {
        if (!$this->database->tableExists(self::TABLE)) {
            return;
        }
        $policy = $this->store->policy();
        $blocked = $this->blockedCountries();
        $this->store->savePolicy(
            new Policy($policy->source, 'block', $blocked, $policy->exceptions, $policy->unknown, $policy->action)
        );
        $this->database->dropTable(self::TABLE);
        Log::info(sprintf('took over %d blocked countries of the earlier version', count($blocked)));
    }

    /**
     * @return list<string>
     */
    private function blockedCountries(): array
    {
        $rows = $this->database->fetchAll(
            'SELECT country_code FROM ' . self::TABLE . " WHERE blocked = '1'",
            Enum::FETCH_ASSOC
        );
        $codes = [];
        foreach ((new Fields(['rows' => $rows]))->objects('rows') as $row) {
            $code = strtoupper(trim($row->string('country_code')));
            if (preg_match('/^[A-Z]{2}$/D', $code) === 1) {
                $codes[$code] = $code;
            }
        }
        ksort($codes);

        return array_values($this->known($codes));
    }

    /**
     * Without the codes that the helper would refuse: one of them would keep the whole policy from being applied.
     *
     * @param array<string, string> $codes
     * @return array<string, string>
     */
    private function known(array $codes): array
    {
        try {
            $bundle = Module::bundle('dbip');
            if ($bundle !== null) {
                // Sources know codes beyond ISO 3166-1, such as XK; without data the helper lists none of them.
                $this->helper->run('update', ['source' => 'dbip', 'bundle' => $bundle, 'online' => 'never']);
            }
            $known = [];
            foreach ($this->helper->run('countries', ['source' => 'dbip'])->data->objects('countries') as $country) {
                $known[$country->string('code')] = true;
            }
        } catch (HelperError $error) {
            Log::warning("the countries of the earlier version are taken over unchecked: {$error->getMessage()}");

            return $codes;
        }
        $unknown = array_diff_key($codes, $known);
        if ($unknown !== []) {
            Log::warning('countries of the earlier version that no source knows: ' . implode(', ', $unknown));
        }

        return array_intersect_key($codes, $known);
    }
}

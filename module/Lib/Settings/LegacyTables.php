<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Phalcon\Db\Adapter\AdapterInterface;
use Phalcon\Db\Enum;

/**
 * Takes over what the earlier, PHP-only version stored: the selection, of which it kept a row for each country.
 *
 * Source and filter need no taking over: they stand in columns that this version still uses.
 */
final class LegacyTables
{
    private const TABLE = 'm_GeoFilterCountries';

    public function __construct(
        private readonly AdapterInterface $database,
        private readonly PolicyStore $store,
        private readonly Helper $helper
    ) {
    }

    /**
     * Runs once: the table goes when its content is safely in the settings.
     */
    public function takeOver(): void
    {
        if (!$this->database->tableExists(self::TABLE)) {
            return;
        }
        $blocked = $this->blockedCountries();
        $this->store->savePolicy($this->store->policy()->with(mode: 'block', countries: $blocked));
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
            // Sources hold codes beyond ISO 3166-1; without data the helper lists few of them.
            $request = ['source' => Module::BUNDLED] + StandIn::toRequest();
            $known = [];
            foreach ($this->helper->run('countries', $request)->data->objects('countries') as $country) {
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

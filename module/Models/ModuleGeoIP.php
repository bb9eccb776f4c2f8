<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Models;

use MikoPBX\Modules\Models\ModulesModelsBase;

/**
 * The module's settings: one row.
 *
 * Table and the first four columns are those of the module's earlier, PHP-only version, so that an upgrade keeps them.
 * Properties that Core maps to columns have no stricter types than its other models have.
 */
class ModuleGeoIP extends ModulesModelsBase
{
    /**
     * @Primary
     * @Identity
     * @Column(type="integer", nullable=false)
     */
    public $id;

    /**
     * When the earlier version last got data; kept for a way back to it, never read.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $lastUpdate = '';

    /**
     * Which countries the page lists: all, allowed or blocked.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $statusFilter = 'all';

    /**
     * Where the data comes from: dbip, rir or ipdeny.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $dataSource = 'dbip';

    /**
     * What the list of countries means: block drops them, allow drops all others.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $mode = 'block';

    /**
     * The countries' codes, a JSON list: one row, one save, one event, however many countries change.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $countries = '[]';

    /**
     * The exceptions, a JSON list of objects; of texts, as long as nobody saved since an earlier version.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $exceptions = '[]';

    /**
     * What happens in mode allow to addresses that no country holds: pass or drop.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $unknownAddresses = 'pass';

    /**
     * What happens to connections that the policy would drop: drop or count; null in rows of earlier versions.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $policyAction = 'drop';

    /**
     * From which countries which services for administrators can be reached, as JSON; null if from all.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $admin = null;

    /**
     * Whether registered phones keep their way: 0 or 1; null in rows of earlier versions.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $keepPhones = '0';

    /**
     * The block lists that are used, a JSON list of objects, URLs with their keys; null in rows of earlier versions.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $lists = '[]';

    /**
     * The AS numbers of the networks that are blocked, a JSON list; null in rows of earlier versions.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $networks = '[]';

    /**
     * Whose data tells networks: dbip-asn or origin-asn; null in rows of earlier versions.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $networkSource = 'dbip-asn';

    /**
     * The name of the policy that was saved last; null as long as nobody saved since an earlier version.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $revision = null;

    /**
     * Whether every change has to be confirmed, not the risky ones only: 0 or 1.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $confirmEvery = '0';

    /**
     * Whether the administrator is told once a week what the filter did: 0 or 1.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $weeklySummary = '0';

    /**
     * The change that nobody has confirmed yet, with the policy before it, as JSON; null if there is none.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $unconfirmed = null;

    /**
     * When the last change was rolled back, RFC 3339; null if it was not.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $rolledBackAt = null;

    /**
     * What became of the policy since the module was switched on: in_force or withheld; null while it is off.
     *
     * @Column(type="string", nullable=true)
     */
    public ?string $standing = null;

    public function initialize(): void
    {
        $this->setSource('m_ModuleGeoIP');
        parent::initialize();
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Enforcement\Confirmation;
use Modules\ModuleGeoIP\Lib\Enforcement\DesiredState;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Peers\OwnWay;
use Modules\ModuleGeoIP\Lib\Peers\Phone;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\BlockList;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Update\UpdateView;

/**
 * What is in force, and if it is not what was saved, why.
 */
final class StatusReport
{
    /**
     * @param bool $isThorough whether every member of every set is compared, or what the last such look found will do
     * @return array<string, mixed>
     */
    public static function current(Viewer $viewer, bool $isThorough = false): array
    {
        $store = new PolicyStore();
        if ($store->unconfirmed() !== null) {
            // Its time may be up, and whoever rolled it back knows nothing of the settings.
            DesiredState::ofRequest()->decide(static function (Confirmation $confirmation): void {
                $confirmation->reconcile();
            });
        }
        $policy = $store->policy();
        $own = new OwnWay($viewer);
        $status = Helper::installed()->run('status', [
            // While the firewall is off nothing leads into the filter, as it should be.
            'attach' => Firewall::isEnabled(),
            'quick' => !$isThorough,
        ] + $policy->toRequest() + $own->question());
        $kernel = $status->data;
        $remarks = Remarks::of($status->problems(), $status->warnings, $store->isWithheld());

        return [
            'enabled' => Module::isEnabled(),
            'firewall' => ['managed' => Firewall::isManaged(), 'enabled' => Firewall::isEnabled()],
            'state' => $remarks->state($kernel->string('state')),
            'inForce' => $remarks->problems === [],
            'learning' => $kernel->flag('learning'),
            'action' => self::orNull($kernel->object('applied'), 'action'),
            'exact' => $kernel->flag('exact'),
            'problems' => $remarks->problems,
            'warnings' => $remarks->warnings,
            'wanted' => ['lists' => array_column($policy->lists, BlockList::ID), 'revision' => $store->revision()]
                + $policy->toView(),
            'standIn' => self::orNull($kernel, 'stand_in'),
            'data' => DataInUse::of($kernel, $policy),
            'lastRepair' => LastRepair::of($kernel->object('healed')),
            'hosts' => $kernel->object('hosts')->all(),
            'phones' => self::phones($kernel),
            'counts' => self::counts($kernel->object('countries')),
            'own' => self::own($own, $kernel, $viewer),
            'withheld' => $store->isWithheld(),
            'trial' => $store->unconfirmed()?->onTrial($kernel->object('change')),
            'rolledBackAt' => $store->rolledBackAt(),
            'update' => UpdateView::current(),
        ];
    }

    /**
     * Whoever looks, and whether what is in force drops his next connection: what is open already is never cut, so
     * nothing else would tell him.
     *
     * @return null|array{address: string, isCut: bool} null if nobody does, or from the PBX itself
     */
    private static function own(OwnWay $own, Fields $kernel, Viewer $viewer): ?array
    {
        return $viewer->isElsewhere()
            ? ['address' => $viewer->address, 'isCut' => $own->isCutBy($kernel)]
            : null;
    }

    /**
     * How many of the countries that the page lists the saved policy drops.
     *
     * @return array{blocked: int, countries: int}
     */
    private static function counts(Fields $countries): array
    {
        return ['blocked' => $countries->integer('dropped'), 'countries' => $countries->integer('listed')];
    }

    /**
     * The phones that keep their way, as the helper tells them, each with its name in words.
     *
     * @return list<array<array-key, mixed>>
     */
    private static function phones(Fields $kernel): array
    {
        $names = [];
        $phones = [];
        foreach ($kernel->objects('phones') as $kept) {
            $number = $kept->string('phone');
            $names[$number] ??= Phone::named($number);
            $phones[] = ['name' => $names[$number]] + $kept->all();
        }

        return $phones;
    }

    private static function orNull(Fields $fields, string $name): ?string
    {
        return $fields->has($name) ? $fields->string($name) : null;
    }
}

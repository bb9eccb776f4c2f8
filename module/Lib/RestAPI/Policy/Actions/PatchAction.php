<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicySaver;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicyView;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;

/**
 * Changes the fields that are named. What the page lists, whether every change has to be confirmed, whether there is a
 * weekly summary, and whose data tells networks, is remembered with them, but is no part of the policy.
 */
final class PatchAction implements Action
{
    private const FILTER = 'statusFilter';
    private const EVERY = 'confirmEvery';
    private const SUMMARY = 'weeklySummary';
    private const NETWORK_SOURCE = 'networkSource';
    private const PREFERENCES = [self::FILTER, self::EVERY, self::SUMMARY, self::NETWORK_SOURCE];

    public function run(RestRequest $request): array
    {
        // Read before anything is saved: a field that cannot be right must not leave half of the others behind.
        $preferences = new Preferences();
        $filter = PolicyReader::word(
            $request->fields,
            self::FILTER,
            Preferences::FILTERS,
            $preferences->statusFilter()
        );
        $confirmsEvery = self::named($request, self::EVERY, $preferences->confirmsEvery());
        $sendsSummary = self::named($request, self::SUMMARY, $preferences->sendsSummary());
        $networkSource = PolicyReader::word(
            $request->fields,
            self::NETWORK_SOURCE,
            Preferences::NETWORK_SOURCES,
            $preferences->networkSource()
        );
        $fields = array_diff_key($request->fields, array_flip(self::PREFERENCES));
        $outcome = $fields === [] ? null : PolicySaver::current()->save($fields, false, $request);
        if ($filter !== $preferences->statusFilter()) {
            $preferences->saveStatusFilter($filter);
        }
        if ($confirmsEvery !== $preferences->confirmsEvery()) {
            $preferences->saveConfirmsEvery($confirmsEvery);
            $every = $confirmsEvery ? 'every change has' : 'only risky changes have';
            Log::audit("$every to be confirmed from now on, by $request->viewer");
        }
        if ($sendsSummary !== $preferences->sendsSummary()) {
            $preferences->saveSendsSummary($sendsSummary);
            $switched = $sendsSummary ? 'on' : 'off';
            Log::audit("the weekly summary was switched $switched by $request->viewer");
        }
        $store = new PolicyStore();
        if ($networkSource !== $preferences->networkSource()) {
            $preferences->saveNetworkSource($networkSource);
            Log::audit("networks are told by $networkSource from now on, by $request->viewer");
            if ($store->policy()->networks !== []) {
                Task::Networks->startOrLog();
            }
        }

        return $outcome === null
            ? PolicyView::of($store, Helper::installed())
            : PolicyView::afterSave($store) + $outcome;
    }

    private static function named(RestRequest $request, string $field, bool $present): bool
    {
        return array_key_exists($field, $request->fields) ? $request->flag($field) : $present;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\QuickStatus;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Push;
use Modules\ModuleGeoIP\Lib\Pbx\Words;
use Modules\ModuleGeoIP\Lib\Peers\OwnWay;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\Conflict;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Keeps the settings in step with what became of a change that had to be confirmed.
 *
 * The helper decides: its watcher rolls back without PHP. The settings follow. Callers hold the lock of the desired
 * state.
 */
final class Confirmation
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * Updates the settings if the helper has confirmed or rolled back the change.
     */
    public function reconcile(): void
    {
        $unconfirmed = $this->store->unconfirmed();
        if ($unconfirmed === null) {
            return;
        }
        $change = QuickStatus::of($this->helper)->object('change');
        if ($change->string('token') === $unconfirmed->token) {
            $this->follow($change->string('state'));
        }
    }

    /**
     * Lets the change stay, if the request is proof that its sender is not locked out.
     */
    public function confirm(string $token, Viewer $viewer): void
    {
        $this->refuseUnlessReachable($viewer);
        $this->follow($this->helper->run('confirm', ['token' => $token])->data->string('state'));
    }

    /**
     * Brings the former policy back now.
     */
    public function undo(string $token): void
    {
        $this->follow($this->helper->run('rollback', ['token' => $token])->data->string('state'));
    }

    /**
     * Returns to the former policy. With the filter off, the change can no longer be confirmed.
     */
    public function abandon(): void
    {
        $this->follow('rolled_back');
    }

    private function follow(string $state): void
    {
        $unconfirmed = $this->store->unconfirmed();
        if ($unconfirmed === null || $state === 'pending') {
            return;
        }
        $isRolledBack = $state === 'rolled_back';
        if ($isRolledBack) {
            $this->store->rollBack($unconfirmed);
            Log::audit($unconfirmed->former === null
                ? 'nobody kept the filter when it was switched on: it is out of force'
                : 'the last change was not confirmed: the previous settings are back');
        } else {
            $this->store->settleChange();
        }
        $revision = $this->store->revision();
        Push::send(Push::POLICY, ['revision' => $revision, 'by' => '', 'rolledBack' => $isRolledBack]);
    }

    /**
     * Established connections are never cut, and browsers keep theirs open. So an arriving request does not prove that
     * its sender could connect anew. The helper says whether he could.
     */
    private function refuseUnlessReachable(Viewer $viewer): void
    {
        if (!$viewer->isElsewhere()) {
            throw new Conflict(Words::of('module_geoip_confirm_from_pbx'));
        }
        $own = new OwnWay($viewer);
        if ($own->isCutBy($this->helper->run('explain', $own->question())->data)) {
            throw new Conflict(Words::of('module_geoip_confirm_locked_out'));
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Lists;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;

/**
 * Has the helper get the data that tells networks, when its time has come.
 */
final class NetworkKeeper
{
    private const LOOK_SECONDS = 600.0;

    /** Another update may be running, perhaps for minutes. */
    private const BUSY_ATTEMPTS = 12;
    private const BUSY_SECONDS = 10;

    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * Cron's look. Where no network is used, nothing is fetched.
     *
     * @return bool true if the data is new: a policy may have waited for it
     */
    public function look(): bool
    {
        return $this->store->policy()->networks !== [] && $this->get();
    }

    /**
     * The same for somebody who wants to choose.
     */
    public function get(): bool
    {
        if (!Module::isEnabled()) {
            return false;
        }
        $request = [
            'source' => (new Preferences())->networkSource(),
            'keep' => $this->store->policy()->networks,
        ];
        try {
            $data = $this->patiently($request)->data;
        } catch (HelperError $error) {
            // Another update is running, or the kernel could not be updated: the next look does what is left.
            Log::info("the data of networks is not up to date: $error->codeWord: {$error->getMessage()}");

            return false;
        }
        if ($data->has('failure')) {
            Log::warning("the data of networks stays as it is: {$data->object('failure')->string('message')}");
        } elseif ($data->flag('is_changed')) {
            Log::info('the data of networks has changed');
        }

        return $data->flag('is_changed');
    }

    /**
     * @param array{source: string, keep: list<int>} $request
     * @throws HelperError
     */
    private function patiently(array $request): Reply
    {
        for ($attempt = 1; $attempt < self::BUSY_ATTEMPTS; $attempt++) {
            try {
                return $this->helper->run('networks', $request, self::LOOK_SECONDS);
            } catch (HelperError $error) {
                if (!$error->isBusy()) {
                    throw $error;
                }
                sleep(self::BUSY_SECONDS);
            }
        }

        return $this->helper->run('networks', $request, self::LOOK_SECONDS);
    }
}

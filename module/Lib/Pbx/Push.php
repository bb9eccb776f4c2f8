<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use LogicException;
use MikoPBX\Common\Providers\EventBusProvider;
use Phalcon\Di\Di;
use Throwable;

/**
 * Events for the browsers that have the page open. Whoever comes late asks the REST resources.
 */
final class Push
{
    /** The state of an update. */
    public const UPDATE = 'module-geoip-update';

    /** Somebody saved a policy. */
    public const POLICY = 'module-geoip-policy';

    /**
     * @param array<array-key, mixed> $data
     */
    public static function send(string $event, array $data): void
    {
        try {
            $bus = Di::getDefault()?->getShared(EventBusProvider::SERVICE_NAME);
            if (!$bus instanceof EventBusProvider) {
                throw new LogicException('the PBX has no bus for events');
            }
            $bus->publish($event, $data);
        } catch (Throwable $error) {
            // Nobody may be looking, and the web server may be down: no reason to stop what is being told.
            Log::info("cannot tell the browsers of $event: {$error->getMessage()}");
        }
    }
}

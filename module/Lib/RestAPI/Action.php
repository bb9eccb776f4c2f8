<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

/**
 * One thing that a resource can be asked to do.
 */
interface Action
{
    /**
     * @return array<array-key, mixed> the data of the answer
     */
    public function run(RestRequest $request): array;
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicySaver;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;

/**
 * Replaces the policy as a whole.
 */
final class SaveAction implements Action
{
    private const REQUIRED = ['source', 'mode', 'countries'];

    public function run(RestRequest $request): array
    {
        foreach (self::REQUIRED as $field) {
            if (!array_key_exists($field, $request->fields)) {
                throw new InvalidInput($field, 'missing');
            }
        }

        return PolicySaver::current()->save($request->fields, true, $request);
    }
}

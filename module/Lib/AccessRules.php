<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use Modules\ModuleGeoIP\App\Controllers\ModuleGeoIPController;
use Phalcon\Acl\Adapter\Memory as AclList;
use Phalcon\Acl\Component;

/**
 * Who besides the administrators may do what.
 *
 * A role that may open the page may read what it shows. What changes anything is granted by name or not at all.
 */
final class AccessRules
{
    private const API = '/pbxcore/api/v3/module-geo-i-p/';

    private const READING = [
        'countries' => ['getList'],
        'policy' => ['getList', 'preview'],
        'update' => ['getList'],
        'addresses' => ['explain'],
        'status' => ['getList'],
    ];

    private const CHANGING = [
        'policy' => ['update', 'patch'],
        'update' => ['start'],
        'status' => ['repair'],
    ];

    public static function addTo(AclList $list): void
    {
        foreach (self::READING as $resource => $actions) {
            $component = self::API . $resource;
            $list->addComponent(new Component($component), [...$actions, ...self::CHANGING[$resource] ?? []]);
            foreach ($list->getRoles() as $role) {
                if ($list->isAllowed($role->getName(), ModuleGeoIPController::class, 'index')) {
                    $list->allow($role->getName(), $component, $actions);
                }
            }
        }
    }
}

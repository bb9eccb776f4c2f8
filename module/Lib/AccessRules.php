<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use Modules\ModuleGeoIP\App\Controllers\ModuleGeoIPController;
use Phalcon\Acl\Adapter\Memory as AclList;
use Phalcon\Acl\Component;
use Phalcon\Acl\RoleInterface;

/**
 * Who besides the administrators may do what.
 *
 * A role that may open the page may read what it shows. What changes anything is granted by name or not at all.
 */
final class AccessRules
{
    private const API = '/pbxcore/api/v3/module-geo-i-p/';

    private const PAGE = ModuleGeoIPController::class;

    private const READING = [
        'countries' => ['getList'],
        'policy' => ['getList', 'preview'],
        'update' => ['getList'],
        'addresses' => ['explain'],
        'status' => ['getList'],
        'activity' => ['getList'],
        'learning' => ['getList'],
    ];

    private const CHANGING = [
        'policy' => ['update', 'patch', 'confirm', 'undo'],
        'update' => ['start'],
        'status' => ['repair'],
    ];

    public static function addTo(AclList $list): void
    {
        foreach (self::READING as $resource => $actions) {
            $component = self::API . $resource;
            $list->addComponent(new Component($component), [...$actions, ...self::CHANGING[$resource] ?? []]);
            foreach (self::readers($list) as $role) {
                $list->allow($role, $component, $actions);
            }
        }
    }

    /**
     * The names of the roles that may open the page.
     *
     * @return list<string>
     */
    private static function readers(AclList $list): array
    {
        $readers = [];
        foreach ($list->getRoles() as $role) {
            if ($role instanceof RoleInterface && $list->isAllowed($role->getName(), self::PAGE, 'index')) {
                $readers[] = $role->getName();
            }
        }

        return $readers;
    }
}

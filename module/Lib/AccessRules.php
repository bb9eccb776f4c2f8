<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib;

use Modules\ModuleGeoIP\App\Controllers\ModuleGeoIPController;
use Modules\ModuleGeoIP\Lib\RestAPI\Resources;
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
    private const PAGE = ModuleGeoIPController::class;

    public static function addTo(AclList $list): void
    {
        foreach (Resources::all() as $path => $resource) {
            $reading = array_keys($resource::READING);
            $list->addComponent(new Component($path), [...$reading, ...array_keys($resource::CHANGING)]);
            foreach (self::readers($list) as $role) {
                $list->allow($role, $path, $reading);
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

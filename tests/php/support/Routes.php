<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use ReflectionClass;

/**
 * Every operation that the module offers by its attributes, as Core's router reads them.
 */
final class Routes
{
    /**
     * @return list<array{controller: class-string, path: string, verb: string, action: string, processor: string}>
     */
    public static function all(): array
    {
        $routes = [];
        foreach (glob(dirname(__DIR__, 3) . '/module/Lib/RestAPI/*/Controller.php') as $file) {
            $controller = 'Modules\\ModuleGeoIP\\Lib\\RestAPI\\' . basename(dirname($file)) . '\\Controller';
            $class = new ReflectionClass($controller);
            $resource = $class->getAttributes(ApiResource::class)[0]->newInstance();
            $mapping = $class->getAttributes(HttpMapping::class)[0]->newInstance();
            foreach ($mapping->mapping as $verb => $actions) {
                foreach ($actions as $action) {
                    $routes[] = [
                        'controller' => $controller,
                        'path' => $resource->path,
                        'verb' => $verb,
                        'action' => $action,
                        'processor' => (string)$resource->processor,
                    ];
                }
            }
        }

        return $routes;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use GeoIpTests\Support\Routes;
use MikoPBX\Modules\Config\ConfigClass;
use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Lib\Common\OpenApiSchemaProvider;
use Modules\ModuleGeoIP\Lib\GeoIPConf;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\Resources;
use PHPUnit\Framework\TestCase;
use ReflectionAttribute;
use ReflectionClass;
use ReflectionMethod;

/**
 * No route of the module can be called without authentication, and each leads to an action.
 */
final class RoutesTest extends TestCase
{
    public static function routes(): array
    {
        $routes = [];
        foreach (Routes::all() as $route) {
            $routes["{$route['verb']} {$route['path']} {$route['action']}"] = [$route];
        }

        return $routes;
    }

    /**
     * @dataProvider routes
     * @param array<string, string> $route
     */
    public function testEveryRouteRequiresAToken(array $route): void
    {
        $class = new ReflectionClass($route['controller']);
        $security = $class->getAttributes(ResourceSecurity::class);
        self::assertCount(1, $security);
        $security = $security[0]->newInstance();
        self::assertSame([SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN], $security->requirements);
        self::assertFalse($security->optional);
        self::assertSame(
            [],
            (new ReflectionMethod($route['controller'], $route['action']))->getAttributes(ResourceSecurity::class),
            'nothing weaker on the method'
        );
    }

    /**
     * @dataProvider routes
     * @param array<string, string> $route
     */
    public function testEveryRouteLeadsToAnActionAndIsDocumented(array $route): void
    {
        $method = new ReflectionMethod($route['controller'], $route['action']);
        self::assertCount(1, $method->getAttributes(ApiOperation::class));
        $namespace = substr($route['processor'], 0, -strlen('\\Processor'));
        $processor = file_get_contents((new ReflectionClass($route['processor']))->getFileName());
        self::assertSame(1, preg_match("/'{$route['action']}' => (\w+)::class/", $processor, $found));
        self::assertTrue(is_subclass_of("$namespace\\Actions\\$found[1]", Action::class));
    }

    /**
     * @dataProvider routes
     * @param array<string, string> $route
     */
    public function testEveryRouteIsOneThatCoreMakes(array $route): void
    {
        $class = new ReflectionClass($route['controller']);
        $mapping = $class->getAttributes(HttpMapping::class)[0]->newInstance();
        $plain = ['GET' => 'getList', 'POST' => 'create', 'PUT' => 'update', 'PATCH' => 'patch', 'DELETE' => 'delete'];
        if ($plain[$route['verb']] !== $route['action']) {
            self::assertContains($route['action'], $mapping->customMethods);
        }
        self::assertContains($route['action'], $mapping->collectionLevelMethods);
        self::assertSame('', $mapping->idPattern, 'no route with an id is made');
        $resource = $class->getAttributes(ApiResource::class)[0]->newInstance();
        self::assertMatchesRegularExpression('#^/pbxcore/api/v3/module-geo-i-p/[a-z]+$#', $resource->path);
    }

    /**
     * @dataProvider routes
     * @param array<string, string> $route
     */
    public function testEveryParameterAndAnswerIsDescribedWhereCoreLooksForIt(array $route): void
    {
        $method = new ReflectionMethod($route['controller'], $route['action']);
        $schemas = $method->getAttributes(ApiDataSchema::class);
        self::assertCount(1, $schemas);
        $structure = $schemas[0]->newInstance()->schemaClass;
        self::assertTrue(is_subclass_of($structure, OpenApiSchemaProvider::class));
        self::assertNotSame([], $structure::getDetailSchema()['properties']);
        $described = $structure::getParameterDefinitions()['request'];
        foreach ($method->getAttributes(ApiParameterRef::class) as $reference) {
            $name = $reference->newInstance()->parameterName;
            self::assertArrayHasKey($name, $described);
            self::assertNotSame('', $described[$name]['description']);
        }
    }

    public function testEveryOperationOfAProcessorHasARoute(): void
    {
        $operations = [];
        foreach (Resources::all() as $path => $processor) {
            foreach (array_keys($processor::READING + $processor::CHANGING) as $operation) {
                $operations[] = "$path $operation";
            }
        }
        $routes = array_map(
            static fn (array $route): string => "{$route['path']} {$route['action']}",
            Routes::all()
        );
        self::assertEqualsCanonicalizing($routes, $operations);
    }

    public function testTheWebFirewallIsKeptFromTheBodiesThatHoldTextsAndFromNothingElse(): void
    {
        $withTexts = [];
        foreach (Routes::all() as $route) {
            $method = new ReflectionMethod($route['controller'], $route['action']);
            $names = array_map(
                static fn (ReflectionAttribute $one): string => $one->newInstance()->parameterName,
                $method->getAttributes(ApiParameterRef::class)
            );
            if ($route['verb'] !== 'GET' && array_intersect(['exceptions', 'lists'], $names) !== []) {
                $isPlain = in_array($route['action'], ['create', 'update', 'patch'], true);
                $withTexts[$route['path'] . ($isPlain ? '' : ":{$route['action']}")] = ['body-scan'];
            }
        }
        self::assertEquals($withTexts, (new ReflectionClass(GeoIPConf::class))
            ->newInstanceWithoutConstructor()->getWafExemptions());
    }

    public function testThereAreNoRoutesOfTheOldKind(): void
    {
        foreach (['getPBXCoreRESTAdditionalRoutes', 'moduleRestAPICallback'] as $method) {
            if (method_exists(GeoIPConf::class, $method)) {
                self::assertNotSame(
                    GeoIPConf::class,
                    (new ReflectionMethod(GeoIPConf::class, $method))->getDeclaringClass()->getName()
                );
            }
        }
        self::assertTrue(is_subclass_of(GeoIPConf::class, ConfigClass::class));
        self::assertNotSame([], Routes::all());
    }
}

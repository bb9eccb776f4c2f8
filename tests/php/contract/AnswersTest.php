<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use Modules\ModuleGeoIP\Lib\RestAPI\Activity\DataStructure as ActivityStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Addresses\DataStructure as AddressesStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Lists\DataStructure as ListsStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Networks\DataStructure as NetworksStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\CheckStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\ExportStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PreviewStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\RevokeStructure;
use Modules\ModuleGeoIP\Lib\RestAPI\Status\DataStructure as StatusStructure;
use PHPUnit\Framework\TestCase;

/**
 * What is handed on as the helper answers it is described as the helper answers it: by the same fields, at every depth.
 */
final class AnswersTest extends TestCase
{
    private const PROTOCOL = __DIR__ . '/../../../docs/protocol/';

    /** Where the helper is asked about a way, the answer stands among the `ways`; where its file lies is nobody's business. */
    private const KEPT_BACK = [
        'file', 'addresses.port', 'addresses.last_port', 'addresses.protocol', 'addresses.passage',
    ];

    public static function answers(): array
    {
        $of = static fn (string $structure): array => $structure::getDetailSchema()['properties'];

        return [
            // The helper's own warnings stand beside its data; the rest is ours.
            'activity' => ['activity', $of(ActivityStructure::class), ['warnings']],
            'addresses:explain' => ['explain', $of(AddressesStructure::class), ['warnings', 'addresses.ways']],
            'lists:getList and networks:getList' => [
                'catalogue',
                $of(ListsStructure::class) + ['networks' => ['properties' => $of(NetworksStructure::class)]],
                ['warnings', 'lists.used', 'networks.source', 'networks.warnings'],
            ],
            'policy:export' => ['export', $of(ExportStructure::class), ['warnings', 'name']],
            'policy:preview' => ['preview', $of(PreviewStructure::class), ['warnings', 'own']],
            'policy:revoke' => ['revoke', $of(RevokeStructure::class), ['warnings']],
        ];
    }

    /**
     * @dataProvider answers
     * @param array<string, mixed> $described
     * @param list<string> $ours
     */
    public function testAnAnswerIsDescribedByTheFieldsThatItHas(string $operation, array $described, array $ours): void
    {
        $schema = self::schema($operation);
        $answered = self::without(self::names($schema, $schema['$defs'] ?? []), self::KEPT_BACK);
        $names = self::without(self::names(['properties' => $described], []), $ours);
        // What is described as an object without fields may have any.
        $deep = array_filter($answered, static fn (string $name): bool => self::isCovered($name, $names));
        self::assertEqualsCanonicalizing(array_values($deep), $names);
    }

    public function testACheckedExceptionIsDescribedByTheFieldsThatItHas(): void
    {
        $schema = self::schema('validate');
        $written = $schema['properties']['written']['items'];
        self::assertEqualsCanonicalizing(
            self::names($written, $schema['$defs']),
            self::names(CheckStructure::getDetailSchema()['properties']['exceptions']['items'], [])
        );
    }

    public function testAHostAndAPhoneOfTheStatusAreDescribedByTheFieldsThatTheyHave(): void
    {
        $schema = self::schema('status');
        foreach (['hosts' => [], 'phones' => ['name']] as $list => $ours) {
            self::assertEqualsCanonicalizing(
                self::names($schema['properties'][$list], $schema['$defs']),
                self::without(self::names(StatusStructure::getDetailSchema()['properties'][$list], []), $ours),
                $list
            );
        }
    }

    /**
     * @param list<string> $names
     * @param list<string> $others left out with all below them
     * @return list<string>
     */
    private static function without(array $names, array $others): array
    {
        $isOther = static fn (string $name): bool => array_filter(
            $others,
            static fn (string $other): bool => $name === $other || str_starts_with($name, "$other.")
        ) !== [];

        return array_values(array_filter($names, static fn (string $name): bool => !$isOther($name)));
    }

    /**
     * True if the description goes as deep as the field.
     *
     * @param list<string> $names
     */
    private static function isCovered(string $name, array $names): bool
    {
        $parent = strrpos($name, '.') === false ? '' : substr($name, 0, (int)strrpos($name, '.'));
        $siblings = array_filter($names, static fn (string $one): bool => str_starts_with($one, "$parent."));

        return $parent === '' || $siblings !== [];
    }

    /**
     * The fields of a schema by their paths, those of the items of a list like those of an object.
     *
     * @param array<string, mixed> $schema
     * @param array<string, mixed> $types
     * @return list<string>
     */
    private static function names(array $schema, array $types, string $prefix = ''): array
    {
        $schema = self::resolved($schema, $types);
        $names = [];
        foreach ($schema['properties'] ?? [] as $name => $field) {
            $names[] = $prefix . $name;
            array_push($names, ...self::names($field, $types, "$prefix$name."));
        }

        return $names;
    }

    /**
     * The object that a schema is about: behind names, lists and "or null".
     *
     * @param array<string, mixed> $schema
     * @param array<string, mixed> $types
     * @return array<string, mixed>
     */
    private static function resolved(array $schema, array $types): array
    {
        if (isset($schema['items'])) {
            return self::resolved($schema['items'], $types);
        }
        if (isset($schema['$ref'])) {
            return self::resolved($types[basename($schema['$ref'])], $types);
        }
        foreach ($schema['anyOf'] ?? [] as $choice) {
            if (($choice['type'] ?? '') !== 'null') {
                return self::resolved($choice, $types);
            }
        }

        return $schema;
    }

    /**
     * @return array<string, mixed>
     */
    private static function schema(string $operation): array
    {
        return json_decode((string)file_get_contents(self::PROTOCOL . "$operation.data.schema.json"), true);
    }
}

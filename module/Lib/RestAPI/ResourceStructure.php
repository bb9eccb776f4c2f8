<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use MikoPBX\PBXCoreREST\Lib\Common\OpenApiSchemaProvider;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;

/**
 * Describes a resource for the documentation of Core's API: the parameters that its operations take, and their answer.
 *
 * Descriptions are JSON Schemas; Core shows of a parameter's only what describes a single value.
 */
abstract class ResourceStructure implements OpenApiSchemaProvider
{
    /**
     * @return array<string, array<string, mixed>> schemas by parameter
     */
    abstract protected static function parameters(): array;

    /**
     * @return array<string, array<string, mixed>> schemas by field of the answer
     */
    abstract protected static function answer(): array;

    /**
     * What Core looks up a controller's `ApiParameterRef` in.
     *
     * @return array<string, array<string, array<string, mixed>>>
     */
    public static function getParameterDefinitions(): array
    {
        return ['request' => static::parameters(), 'response' => static::answer()];
    }

    public static function getDetailSchema(): array
    {
        return ['type' => 'object', 'properties' => static::answer()];
    }

    public static function getListItemSchema(): array
    {
        return static::getDetailSchema();
    }

    public static function getRelatedSchemas(): array
    {
        return [];
    }

    /**
     * The scheme of the page, for operations that judge the administrator's way to it.
     *
     * @return array<string, mixed>
     */
    protected static function scheme(): array
    {
        return self::text('How the page was opened: its port is the one that must stay open', Viewer::SCHEMES)
            + ['default' => Viewer::HTTPS];
    }

    /**
     * @param list<string> $choices
     * @return array<string, mixed>
     */
    protected static function text(string $description, array $choices = []): array
    {
        return ['type' => 'string', 'description' => $description] + ($choices === [] ? [] : ['enum' => $choices]);
    }

    /**
     * @return array<string, mixed>
     */
    protected static function moment(string $description): array
    {
        return self::text($description) + ['format' => 'date-time'];
    }

    /**
     * @return array<string, mixed>
     */
    protected static function number(string $description): array
    {
        return ['type' => 'integer', 'description' => $description, 'minimum' => 0];
    }

    /**
     * @return array<string, mixed>
     */
    protected static function flag(string $description): array
    {
        return ['type' => 'boolean', 'description' => $description];
    }

    /**
     * @param array<string, array<string, mixed>> $fields
     * @return array<string, mixed>
     */
    protected static function object(string $description, array $fields = []): array
    {
        return ['type' => 'object', 'description' => $description]
            + ($fields === [] ? [] : ['properties' => $fields]);
    }

    /**
     * @param array<string, mixed> $item
     * @return array<string, mixed>
     */
    protected static function listOf(array $item, string $description): array
    {
        return ['type' => 'array', 'description' => $description, 'items' => $item];
    }

    /**
     * The same, or null.
     *
     * @param array<string, mixed> $schema
     * @return array<string, mixed>
     */
    protected static function orNull(array $schema): array
    {
        return array_replace($schema, ['type' => [$schema['type'] ?? 'object', 'null']]);
    }

    /**
     * @return array<string, mixed>
     */
    protected static function warnings(): array
    {
        return self::listOf(
            self::object('A warning', ['code' => self::text('Its stable code'), 'text' => self::text('In words')]),
            'What else there is to know'
        );
    }

    /**
     * @return array<string, mixed>
     */
    protected static function trial(string $description): array
    {
        return self::orNull(self::object($description, [
            'token' => self::text('Its name'),
            'secondsLeft' => self::number('Seconds until the former policy returns'),
            'switchesOn' => self::flag('Whether nothing was in force before it'),
        ]));
    }

    /**
     * @return array<string, mixed>
     */
    protected static function remark(): array
    {
        return self::object('A problem or a warning', [
            'code' => self::text('Its stable code'),
            'text' => self::text('In words'),
            'detail' => self::text("The helper's own words for it; empty if the PBX says it"),
            'remedy' => self::orNull(self::text('What helps', ['firewall', 'repair', 'enforce', 'update', 'export'])),
        ]);
    }

    /**
     * @return array<string, mixed>
     */
    protected static function blockLists(): array
    {
        return self::listOf(
            self::object('A block list: one of the catalogue by its id, one of your own by its URL or its text', [
                'id' => self::text('Its id'),
                'url' => self::text('Where it is published; of a secret in it only *** is shown'),
                'text' => self::text('An address, a CIDR block or a range a line'),
                'key' => self::text('Your key, for a list of the catalogue that needs one; shown as ***'),
            ]),
            'Who is dropped whatever the country; a plain id stands for a list of the catalogue, or for one of your'
                . ' own as it is'
        );
    }

    /**
     * @return array<string, mixed>
     */
    protected static function affected(): array
    {
        return self::listOf(
            self::object('Somebody whom the policy would cut off', [
                'kind' => self::text('Who that is', ['own', 'provider', 'phone']),
                'name' => self::text('The name'),
                'phone' => self::orNull(self::text('The name of the extension; null for who is no phone')),
                'address' => self::text('The address'),
                'country' => self::orNull(self::text('The two-letter code of its country')),
                'list' => self::orNull(self::text('The block list that cuts them off; null if none does')),
                'network' => self::orNull(self::text('The network that cuts them off; null if none does')),
                'ways' => self::listOf(
                    self::text('A port or a range and the protocol, as in 5060/udp and 10000-10200/udp'),
                    'What is closed to them'
                ),
            ]),
            'Whom the policy would cut off of those who matter; null if that is not known: there is no data, a '
                . 'block list is missing, or where providers are cannot be told'
        );
    }

    /**
     * @return array<string, mixed>
     */
    protected static function network(string $description): array
    {
        return self::object($description, [
            'number' => self::number('Its AS number'),
            'name' => self::text('Its name; empty if it has none'),
        ]);
    }

    /**
     * What becomes of an address, as the helper tells it.
     *
     * @return array<string, mixed>
     */
    protected static function address(string $description): array
    {
        return self::object($description, [
            'address' => self::text('The address as it is written and compared'),
            'country' => self::orNull(self::text('The country that decides')),
            'list' => self::text('The block list that decides; left out if none does'),
            'network' => self::orNull(self::network('The network that holds it, whatever the verdict')),
            'by_source' => self::object('The country by each source'),
            'verdict' => self::text('What becomes of new connections', ['pass', 'drop', 'count']),
            'reason' => self::text('Why'),
            'entry' => self::orNull(self::text('The entry that decides')),
            'expires_at' => self::orNull(self::moment('When the exception that decides ends, if it does')),
            'is_cut_off' => self::flag('Whether the policy keeps it out'),
            'admin' => self::orNull(self::object('Whether it may administer; null if whoever gets in may', [
                'verdict' => self::text('What becomes of connections to what is restricted', ['pass', 'drop']),
                'reason' => self::text('Why'),
            ])),
        ]);
    }

    /**
     * Packets by what became of them.
     *
     * @return array<string, mixed>
     */
    protected static function packets(string $description): array
    {
        return self::object($description, [
            'dropped' => self::number('Packets dropped'),
            'counted' => self::number('Packets let through and counted'),
        ]);
    }
}

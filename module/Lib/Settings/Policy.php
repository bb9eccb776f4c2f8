<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Stringable;

/**
 * What the administrator wants: which source says where an address belongs, and which countries to drop.
 */
final class Policy
{
    public const SOURCES = [Module::BUNDLED, 'rir', 'ipdeny'];
    public const MODES = ['block', 'allow'];
    public const UNKNOWN = ['pass', 'drop'];
    public const ACTIONS = [self::DROP, self::COUNT];

    private const DROP = 'drop';
    private const COUNT = 'count';

    private const REVISION_LENGTH = 16;

    /**
     * @param list<string> $countries two-letter codes, sorted, none twice
     * @param list<Excepted> $exceptions what passes whatever its country
     * @param string $action what happens to connections that the policy would drop: `drop`, or `count` to let them pass
     * @param null|Administration $admin who may administer; null if whoever gets in
     * @param bool $keepPhones whether every registered phone keeps its way
     * @param list<BlockList> $lists whose addresses are dropped, whatever their country
     * @param list<int> $networks AS numbers of those whose addresses are dropped, whatever their country; sorted, none
     *     twice
     */
    public function __construct(
        public readonly string $source = Module::BUNDLED,
        public readonly string $mode = 'block',
        public readonly array $countries = [],
        public readonly array $exceptions = [],
        public readonly string $unknown = 'pass',
        public readonly string $action = self::DROP,
        public readonly ?Administration $admin = null,
        public readonly bool $keepPhones = false,
        public readonly array $lists = [],
        public readonly array $networks = []
    ) {
    }

    /**
     * True if nothing is dropped: the filter learns whom it would drop.
     */
    public function onlyCounts(): bool
    {
        return $this->action === self::COUNT;
    }

    /**
     * The same policy, switched on.
     */
    public function dropping(): self
    {
        return $this->with(action: self::DROP);
    }

    /**
     * The same policy with other exceptions.
     *
     * @param list<Excepted> $exceptions
     */
    public function withExceptions(array $exceptions): self
    {
        return $this->with(exceptions: $exceptions);
    }

    /**
     * True if any of the exceptions ends.
     */
    public function hasEnds(): bool
    {
        $ends = array_map(static fn (Excepted $one): ?string => $one->expiresAt, $this->exceptions);

        return array_filter($ends, is_string(...)) !== [];
    }

    /**
     * True if a phone may get in because it is registered: the helper has to know which are.
     */
    public function mayKeepPhones(): bool
    {
        $kinds = array_map(static fn (Excepted $one): string => $one->kind, $this->exceptions);

        return $this->keepPhones || in_array(Excepted::PHONE, $kinds, true);
    }

    /**
     * True if it names block lists or networks: what is known of them has to be got now and then.
     */
    public function usesLists(): bool
    {
        return $this->lists !== [] || $this->networks !== [];
    }

    /**
     * A short name of exactly this policy, by which a second administrator's change is noticed.
     */
    public function revision(): string
    {
        return substr(hash('sha256', json_encode($this->toArray(), JSON_THROW_ON_ERROR)), 0, self::REVISION_LENGTH);
    }

    /**
     * @return array{
     *     source: string,
     *     mode: string,
     *     countries: list<string>,
     *     exceptions: list<array<string, null|string>>,
     *     unknown: string,
     *     action: string,
     *     admin: null|array{countries: list<string>, services: list<string>},
     *     keepPhones: bool,
     *     lists: list<array<string, string>>,
     *     networks: list<int>
     * }
     */
    public function toArray(): array
    {
        return [
            'source' => $this->source,
            'mode' => $this->mode,
            'countries' => $this->countries,
            'exceptions' => array_map(
                static fn (Excepted $exception): array => $exception->toArray(),
                $this->exceptions
            ),
            'unknown' => $this->unknown,
            'action' => $this->action,
            'admin' => $this->admin?->toArray(),
            'keepPhones' => $this->keepPhones,
            'lists' => array_map(static fn (BlockList $list): array => $list->toArray(), $this->lists),
            'networks' => $this->networks,
        ];
    }

    /**
     * The policy as it is shown: without what may be secret.
     *
     * @return array<string, mixed>
     */
    public function toView(): array
    {
        $lists = array_map(static fn (BlockList $list): array => $list->toView(), $this->lists);

        return ['lists' => $lists] + $this->toArray();
    }

    /**
     * The policy as the helper takes it.
     *
     * @return array{source: string, policy: array<string, mixed>}
     */
    public function toRequest(): array
    {
        return ['source' => $this->source, 'policy' => [
            'mode' => $this->mode,
            'countries' => $this->countries,
            'exceptions' => array_map(
                static fn (Excepted $exception): array => $exception->toRequest(),
                $this->exceptions
            ),
            'unknown' => $this->unknown,
            'action' => $this->action,
        ]
            + ($this->lists === [] ? [] : ['lists' => $this->listIds()])
            + ($this->networks === [] ? [] : ['networks' => $this->networks])
            + ($this->keepPhones ? ['keep_phones' => true] : [])
            + ($this->admin?->toRequest() ?? [])];
    }

    /**
     * In the order in which the helper counts them.
     *
     * @return list<string>
     */
    private function listIds(): array
    {
        $ids = array_column($this->lists, BlockList::ID);
        sort($ids, SORT_STRING);

        return $ids;
    }

    /**
     * What differs from an earlier policy, in words for the log.
     */
    public function changesSince(self $before): string
    {
        $changes = [];
        foreach (['source', 'mode', 'unknown', 'action'] as $field) {
            if ($this->$field !== $before->$field) {
                $changes[] = "$field {$before->$field} -> {$this->$field}";
            }
        }
        $changes[] = self::difference('countries', $before->countries, $this->countries);
        $changes[] = self::difference('exceptions', $before->exceptions, $this->exceptions);
        $changes[] = self::difference('lists', $before->lists, $this->lists);
        $changes[] = self::difference('networks', $before->networks, $this->networks);
        if ((string)$this->admin !== (string)$before->admin) {
            $changes[] = sprintf('admin %s -> %s', $before->admin ?? 'anywhere', $this->admin ?? 'anywhere');
        }

        if ($this->keepPhones !== $before->keepPhones) {
            $changes[] = $this->keepPhones ? 'phones keep their way' : 'phones do not keep their way';
        }

        return implode('; ', array_filter($changes)) ?: 'nothing changed';
    }

    /**
     * The same policy without the list, or the networks, that an error of the helper names; null if it names none.
     */
    public function without(string $field): ?self
    {
        if ($field === 'policy.networks') {
            return $this->networks === [] ? null : $this->with(networks: []);
        }
        foreach ($this->listIds() as $place => $id) {
            if ($field === "policy.lists[$place]") {
                $others = array_filter($this->lists, static fn (BlockList $list): bool => $list->id !== $id);

                return $this->with(lists: array_values($others));
            }
        }

        return null;
    }

    /**
     * The same policy, but for these fields.
     *
     * @param null|list<string> $countries
     * @param null|list<Excepted> $exceptions
     * @param null|list<BlockList> $lists
     * @param null|list<int> $networks
     */
    public function with(
        ?string $mode = null,
        ?array $countries = null,
        ?array $exceptions = null,
        ?string $action = null,
        ?Administration $admin = null,
        ?array $lists = null,
        ?array $networks = null
    ): self {
        return new self(
            $this->source,
            $mode ?? $this->mode,
            $countries ?? $this->countries,
            $exceptions ?? $this->exceptions,
            $this->unknown,
            $action ?? $this->action,
            $admin ?? $this->admin,
            $this->keepPhones,
            $lists ?? $this->lists,
            $networks ?? $this->networks
        );
    }

    /**
     * @param list<int>|list<string>|list<Stringable> $before
     * @param list<int>|list<string>|list<Stringable> $after
     * @return string empty if both lists are the same
     */
    private static function difference(string $list, array $before, array $after): string
    {
        [$before, $after] = [array_map(strval(...), $before), array_map(strval(...), $after)];
        [$added, $removed] = [array_diff($after, $before), array_diff($before, $after)];
        $changes = array_filter([
            $added === [] ? '' : '+' . implode(',+', $added),
            $removed === [] ? '' : '-' . implode(',-', $removed),
        ]);

        return $changes === [] ? '' : "$list " . implode(' ', $changes);
    }
}

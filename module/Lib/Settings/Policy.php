<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * What the administrator wants: which source says where an address belongs, and which countries to drop.
 */
final class Policy
{
    public const SOURCES = ['dbip', 'rir', 'ipdeny'];
    public const MODES = ['block', 'allow'];
    public const UNKNOWN = ['pass', 'drop'];
    public const ACTIONS = ['drop', self::COUNT];

    private const COUNT = 'count';

    private const REVISION_LENGTH = 16;

    /**
     * @param list<string> $countries two-letter codes, sorted, none twice
     * @param list<Exemption> $allow who always passes, or for a time
     * @param string $action what becomes of the connections that it is against; `count` drops none of them
     */
    public function __construct(
        public readonly string $source = 'dbip',
        public readonly string $mode = 'block',
        public readonly array $countries = [],
        public readonly array $allow = [],
        public readonly string $unknown = 'pass',
        public readonly string $action = 'drop'
    ) {
    }

    /**
     * True if the policy drops what this country holds.
     */
    public function blocks(string $country): bool
    {
        return in_array($country, $this->countries, true) === ($this->mode === 'block');
    }

    /**
     * True if nothing is dropped: the filter learns whom it would drop.
     */
    public function onlyCounts(): bool
    {
        return $this->action === self::COUNT;
    }

    /**
     * True if no address can be dropped, whatever the data says.
     */
    public function dropsNobody(): bool
    {
        return $this->onlyCounts() || ($this->mode === 'block' && $this->countries === []);
    }

    /**
     * The same policy, switched on.
     */
    public function dropping(): self
    {
        return new self($this->source, $this->mode, $this->countries, $this->allow, $this->unknown);
    }

    /**
     * The policy as it is at a moment, without the exceptions that are over.
     */
    public function at(int $now): self
    {
        $valid = array_filter($this->allow, static fn (Exemption $exemption): bool => !$exemption->isOver($now));

        return new self(
            $this->source,
            $this->mode,
            $this->countries,
            array_values($valid),
            $this->unknown,
            $this->action
        );
    }

    /**
     * The blocks of the exceptions without an end.
     *
     * @return list<string>
     */
    public function lasting(): array
    {
        $lasting = array_filter($this->allow, static fn (Exemption $exemption): bool => $exemption->expires === null);

        return array_values(array_map(static fn (Exemption $exemption): string => $exemption->subnet, $lasting));
    }

    /**
     * The exceptions that end, as the helper takes them.
     *
     * @return list<array{subnet: string, expires_at: string}>
     */
    public function passes(): array
    {
        $passes = [];
        foreach ($this->allow as $exemption) {
            if ($exemption->expires !== null) {
                $passes[] = ['subnet' => $exemption->subnet, 'expires_at' => $exemption->expires];
            }
        }

        return $passes;
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
     *     allow: list<array{subnet: string, note: string, expires: null|string}>,
     *     unknown: string,
     *     action: string
     * }
     */
    public function toArray(): array
    {
        return [
            'source' => $this->source,
            'mode' => $this->mode,
            'countries' => $this->countries,
            'allow' => array_map(static fn (Exemption $exemption): array => $exemption->toArray(), $this->allow),
            'unknown' => $this->unknown,
            'action' => $this->action,
        ];
    }

    /**
     * The policy as the helper takes it, by the data of `$source` or of its own.
     *
     * @return array{source: string, policy: array<string, mixed>}
     */
    public function toRequest(?string $source = null): array
    {
        return ['source' => $source ?? $this->source, 'policy' => [
            'mode' => $this->mode,
            'countries' => $this->countries,
            'allow' => $this->lasting(),
            'passes' => $this->passes(),
            'unknown' => $this->unknown,
            'action' => $this->action,
        ]];
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
        foreach (['countries', 'allow'] as $list) {
            $added = array_diff(array_map(strval(...), $this->$list), array_map(strval(...), $before->$list));
            $removed = array_diff(array_map(strval(...), $before->$list), array_map(strval(...), $this->$list));
            if ($added !== [] || $removed !== []) {
                $changes[] = implode(' ', array_filter([
                    $list,
                    $added === [] ? '' : '+' . implode(',+', $added),
                    $removed === [] ? '' : '-' . implode(',-', $removed),
                ]));
            }
        }

        return $changes === [] ? 'nothing changed' : implode('; ', $changes);
    }
}

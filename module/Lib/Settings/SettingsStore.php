<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use JsonException;
use Modules\ModuleGeoIP\Lib\Pbx\Crontab;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Models\ModuleGeoIP;
use RuntimeException;

/**
 * Where the administrator's choices are kept: the one row of the module's own database.
 */
final class SettingsStore
{
    public const FILTERS = ['all', 'allowed', 'blocked'];

    private const IN_FORCE = 'in_force';
    private const WITHHELD = 'withheld';

    /**
     * What the administrator wants now: exceptions that are over are no part of it.
     */
    public function policy(): Policy
    {
        return self::stored($this->row())->at(time());
    }

    /**
     * The name of what was saved last. It stays the same when an exception ends, which is nobody's change.
     */
    public function revision(): string
    {
        $row = $this->row();

        return $row->revision ?? self::stored($row)->revision();
    }

    /**
     * Forgets the exceptions that are over.
     *
     * @return list<ExceptedSubnet> those that were there
     */
    public function dropExpired(): array
    {
        $row = $this->row();
        $stored = self::stored($row);
        $over = array_filter($stored->exceptions, static fn (ExceptedSubnet $one): bool => $one->isOver(time()));
        if ($over !== []) {
            $row->revision ??= $stored->revision();
            $row->exceptions = self::encode($stored->at(time()));
            $this->save($row);
        }

        return array_values($over);
    }

    private static function stored(ModuleGeoIP $row): Policy
    {
        $stored = [
            'source' => $row->dataSource,
            'mode' => $row->mode,
            'countries' => self::decode($row->countries),
            'exceptions' => self::decode($row->exceptions),
            'unknown' => $row->unknownAddresses,
            'action' => $row->policyAction,
        ];
        $policy = new Policy();
        foreach ($stored as $field => $value) {
            try {
                // Field by field: one that somebody damaged by hand must not take the others with it.
                $policy = $value === null || $value === '' ? $policy : PolicyReader::read([$field => $value], $policy);
            } catch (InvalidInput $error) {
                Log::warning("the stored setting is replaced by its default: {$error->getMessage()}");
            }
        }

        return $policy;
    }

    /**
     * @param null|UnconfirmedChange $change what the policy is as long as nobody has confirmed it
     * @throws RuntimeException when Core's database refuses the row
     */
    public function savePolicy(Policy $policy, ?UnconfirmedChange $change = null): void
    {
        $row = $this->row();
        self::write($row, $policy);
        $row->unconfirmed = $change?->toJson();
        $row->rolledBackAt = null;
        // Whoever saves wants it in force, whatever was before.
        $row->standing = $row->standing === null ? null : self::IN_FORCE;
        $this->save($row);
    }

    /**
     * True since the policy was put in force after the module was switched on, if only on trial.
     */
    public function isInForce(): bool
    {
        return $this->row()->standing === self::IN_FORCE;
    }

    /**
     * True while the policy waits for a word: when the module was switched on nobody kept it.
     */
    public function isWithheld(): bool
    {
        return $this->row()->standing === self::WITHHELD;
    }

    /**
     * The module was switched on.
     *
     * @param null|UnconfirmedChange $change what that is as long as nobody has confirmed it
     */
    public function putInForce(?UnconfirmedChange $change): void
    {
        $row = $this->row();
        $row->standing = self::IN_FORCE;
        $row->unconfirmed = $change?->toJson();
        $row->rolledBackAt = null;
        $this->save($row);
    }

    /**
     * Nobody kept what was in force since the module was switched on.
     */
    public function withhold(): void
    {
        $row = $this->row();
        $row->standing = self::WITHHELD;
        $row->unconfirmed = null;
        $row->rolledBackAt = gmdate('Y-m-d\TH:i:s\Z');
        $this->save($row);
    }

    /**
     * The module is off: to switch it on will be a change again.
     */
    public function switchedOff(): void
    {
        $row = $this->row();
        if ($row->standing !== null) {
            $row->rolledBackAt = $row->standing === self::WITHHELD ? null : $row->rolledBackAt;
            $row->standing = null;
            $this->save($row);
        }
    }

    public function unconfirmed(): ?UnconfirmedChange
    {
        return UnconfirmedChange::fromJson($this->row()->unconfirmed);
    }

    /**
     * The change was confirmed.
     */
    public function settleChange(): void
    {
        $row = $this->row();
        $row->unconfirmed = null;
        $this->save($row);
    }

    /**
     * The change was not confirmed in time.
     */
    public function rollBack(UnconfirmedChange $change): void
    {
        if ($change->former === null) {
            $this->withhold();

            return;
        }
        $row = $this->row();
        self::write($row, $change->former);
        $row->unconfirmed = null;
        $row->rolledBackAt = gmdate('Y-m-d\TH:i:s\Z');
        $this->save($row);
    }

    /**
     * When the last change was rolled back, RFC 3339 in UTC; null if it was not.
     */
    public function rolledBackAt(): ?string
    {
        return $this->row()->rolledBackAt;
    }

    public function confirmsEvery(): bool
    {
        return $this->row()->confirmEvery === '1';
    }

    public function saveConfirmsEvery(bool $confirmsEvery): void
    {
        $row = $this->row();
        $row->confirmEvery = $confirmsEvery ? '1' : '0';
        $this->save($row);
    }

    public function sendsSummary(): bool
    {
        return $this->row()->weeklySummary === '1';
    }

    public function saveSendsSummary(bool $sendsSummary): void
    {
        $row = $this->row();
        $row->weeklySummary = $sendsSummary ? '1' : '0';
        $this->save($row);
    }

    private static function write(ModuleGeoIP $row, Policy $policy): void
    {
        $row->dataSource = $policy->source;
        $row->mode = $policy->mode;
        $row->countries = json_encode($policy->countries, JSON_THROW_ON_ERROR);
        $row->exceptions = self::encode($policy);
        $row->unknownAddresses = $policy->unknown;
        $row->policyAction = $policy->action;
        $row->revision = $policy->revision();
    }

    public function statusFilter(): string
    {
        $filter = $this->row()->statusFilter;

        return in_array($filter, self::FILTERS, true) ? $filter : self::FILTERS[0];
    }

    public function saveStatusFilter(string $filter): void
    {
        $row = $this->row();
        $row->statusFilter = $filter;
        $this->save($row);
    }

    private function row(): ModuleGeoIP
    {
        $found = ModuleGeoIP::findFirst();

        return $found instanceof ModuleGeoIP ? $found : new ModuleGeoIP();
    }

    private function save(ModuleGeoIP $row): void
    {
        $jobs = $this->jobs();
        if (!$row->save()) {
            $reasons = implode('; ', array_map(strval(...), $row->getMessages()));
            throw new RuntimeException("cannot save the settings: $reasons");
        }
        if ($this->jobs() !== $jobs) {
            Crontab::queueRebuild();
        }
    }

    /**
     * What has a line in the crontab only as long as it is wanted.
     *
     * @return array{bool, bool}
     */
    private function jobs(): array
    {
        return [$this->policy()->onlyCounts(), $this->sendsSummary()];
    }

    private static function encode(Policy $policy): string
    {
        return json_encode($policy->toArray()['exceptions'], JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
    }

    /**
     * @return null|list<mixed>
     */
    private static function decode(?string $json): ?array
    {
        try {
            $list = json_decode($json ?? '', true, 4, JSON_THROW_ON_ERROR);
        } catch (JsonException) {
            return null;
        }

        return is_array($list) && array_is_list($list) ? $list : null;
    }
}

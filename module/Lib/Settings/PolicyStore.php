<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Basics\Moment;
use RuntimeException;

/**
 * The saved policy, and what became of it: whether it is in force, and whether a change still waits.
 */
final class PolicyStore
{
    private const IN_FORCE = 'in_force';
    private const WITHHELD = 'withheld';

    /**
     * What was saved last. It may have exceptions that are over, as long as nobody has looked; see `Expiry`.
     */
    public function policy(): Policy
    {
        return StoredPolicy::of(SettingsRow::load());
    }

    /**
     * The name of what was saved last. It stays the same when an exception ends, which is nobody's change.
     */
    public function revision(): string
    {
        $row = SettingsRow::load();

        return $row->revision ?? StoredPolicy::of($row)->revision();
    }

    /**
     * Keeps of the exceptions only these. That others ended is nobody's change: the revision stays.
     *
     * @param list<Excepted> $exceptions
     */
    public function keepExceptions(array $exceptions): void
    {
        $row = SettingsRow::load();
        $stored = StoredPolicy::of($row);
        $row->revision ??= $stored->revision();
        StoredPolicy::writeExceptions($row, $stored->withExceptions($exceptions));
        SettingsRow::save($row);
    }

    /**
     * @param null|UnconfirmedChange $change what the policy is as long as nobody has confirmed it
     * @throws RuntimeException when Core's database refuses the row
     */
    public function savePolicy(Policy $policy, ?UnconfirmedChange $change = null): void
    {
        $row = SettingsRow::load();
        StoredPolicy::write($row, $policy);
        $row->unconfirmed = $change?->toJson();
        $row->rolledBackAt = null;
        // Whoever saves wants it in force, whatever was before.
        $row->standing = $row->standing === null ? null : self::IN_FORCE;
        SettingsRow::save($row);
    }

    /**
     * True since the policy was put in force after the module was switched on, if only on trial.
     */
    public function isInForce(): bool
    {
        return SettingsRow::load()->standing === self::IN_FORCE;
    }

    /**
     * True if nobody confirmed the policy after the module was switched on, so it is not in force.
     */
    public function isWithheld(): bool
    {
        return SettingsRow::load()->standing === self::WITHHELD;
    }

    /**
     * The module was switched on.
     *
     * @param null|UnconfirmedChange $change what that is as long as nobody has confirmed it
     */
    public function putInForce(?UnconfirmedChange $change): void
    {
        $row = SettingsRow::load();
        $row->standing = self::IN_FORCE;
        $row->unconfirmed = $change?->toJson();
        $row->rolledBackAt = null;
        SettingsRow::save($row);
    }

    /**
     * Nobody kept what was in force since the module was switched on.
     */
    public function withhold(): void
    {
        $row = SettingsRow::load();
        $row->standing = self::WITHHELD;
        $row->unconfirmed = null;
        $row->rolledBackAt = Moment::now();
        SettingsRow::save($row);
    }

    /**
     * The module is off: to switch it on will be a change again.
     */
    public function switchedOff(): void
    {
        $row = SettingsRow::load();
        if ($row->standing !== null) {
            $row->rolledBackAt = $row->standing === self::WITHHELD ? null : $row->rolledBackAt;
            $row->standing = null;
            SettingsRow::save($row);
        }
    }

    public function unconfirmed(): ?UnconfirmedChange
    {
        return UnconfirmedChange::fromJson(SettingsRow::load()->unconfirmed);
    }

    /**
     * The change was confirmed.
     */
    public function settleChange(): void
    {
        $row = SettingsRow::load();
        $row->unconfirmed = null;
        SettingsRow::save($row);
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
        $row = SettingsRow::load();
        StoredPolicy::write($row, $change->former);
        $row->unconfirmed = null;
        $row->rolledBackAt = Moment::now();
        SettingsRow::save($row);
    }

    /**
     * When the last change was rolled back, RFC 3339 in UTC; null if it was not.
     */
    public function rolledBackAt(): ?string
    {
        return SettingsRow::load()->rolledBackAt;
    }
}

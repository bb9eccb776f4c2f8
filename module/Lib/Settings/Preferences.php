<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * What the administrator wants beside the policy: how the page lists countries, when changes wait for a confirmation,
 * whether there is a weekly summary, and whose data tells networks.
 */
final class Preferences
{
    public const FILTERS = ['all', 'allowed', 'blocked'];
    public const NETWORK_SOURCES = ['dbip-asn', 'origin-asn'];

    public function statusFilter(): string
    {
        $filter = SettingsRow::load()->statusFilter;

        return in_array($filter, self::FILTERS, true) ? $filter : self::FILTERS[0];
    }

    public function saveStatusFilter(string $filter): void
    {
        $row = SettingsRow::load();
        $row->statusFilter = $filter;
        SettingsRow::save($row);
    }

    public function confirmsEvery(): bool
    {
        return SettingsRow::load()->confirmEvery === '1';
    }

    public function saveConfirmsEvery(bool $confirmsEvery): void
    {
        $row = SettingsRow::load();
        $row->confirmEvery = $confirmsEvery ? '1' : '0';
        SettingsRow::save($row);
    }

    public function sendsSummary(): bool
    {
        return SettingsRow::load()->weeklySummary === '1';
    }

    public function saveSendsSummary(bool $sendsSummary): void
    {
        $row = SettingsRow::load();
        $row->weeklySummary = $sendsSummary ? '1' : '0';
        SettingsRow::save($row);
    }

    public function networkSource(): string
    {
        $source = SettingsRow::load()->networkSource;

        return in_array($source, self::NETWORK_SOURCES, true) ? $source : self::NETWORK_SOURCES[0];
    }

    public function saveNetworkSource(string $source): void
    {
        $row = SettingsRow::load();
        $row->networkSource = $source;
        SettingsRow::save($row);
    }
}

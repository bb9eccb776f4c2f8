<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Status;

use DateTimeImmutable;
use DateTimeInterface;
use DateTimeZone;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Update\UpdateStatus;

/**
 * The data that is in use: whose it is, how old, how much.
 */
final class DataInUse
{
    /**
     * After how many days an edition should long have had a successor: the publisher's own pace, a week until the next
     * update, and another for one that failed.
     */
    private const STALE_DAYS = ['dbip' => 45, 'rir' => 15, 'ipdeny' => 15];

    /** Whom the page names and links to, as each publisher asks for or is known by. */
    private const ATTRIBUTION = [
        'dbip' => ['text' => 'IP Geolocation by DB-IP', 'url' => 'https://db-ip.com'],
        'rir' => ['text' => 'AFRINIC, APNIC, ARIN, LACNIC, RIPE NCC', 'url' => 'https://www.nro.net/about/rirs/'],
        'ipdeny' => ['text' => 'ipdeny.com', 'url' => 'https://www.ipdeny.com'],
    ];

    /**
     * @param Fields $kernel the helper's status
     * @return null|array<string, mixed> null before there is any
     */
    public static function of(Fields $kernel, Policy $policy): ?array
    {
        $databases = [];
        foreach ($kernel->objects('databases') as $database) {
            $databases[$database->string('source')] = $database;
        }
        $applied = $kernel->object('applied')->string('source');
        $database = $databases[$applied] ?? $databases[$policy->source] ?? null;
        if ($database === null) {
            return null;
        }
        $source = $database->string('source');
        $updatedAt = self::updatedAt($source, $database->string('compiled_at'));
        $ageDays = self::days($database->string('release')) ?? self::days($updatedAt) ?? 0;

        return [
            'source' => $source,
            'release' => $database->has('release') ? $database->string('release') : null,
            'updatedAt' => $updatedAt,
            'subnets' => $database->object('subnets')->integer('v4') + $database->object('subnets')->integer('v6'),
            'ageDays' => $ageDays,
            'stale' => $ageDays > (self::STALE_DAYS[$source] ?? PHP_INT_MAX),
            'attribution' => self::ATTRIBUTION[$source] ?? null,
        ];
    }

    /**
     * When the data was last made, or found to be the newest there is.
     */
    private static function updatedAt(string $source, string $compiledAt): string
    {
        $last = new Fields(UpdateStatus::load()->toArray());
        $made = new DateTimeImmutable($compiledAt === '' ? '@0' : $compiledAt);
        $confirmed = $last->string('source') === $source ? $last->integer('lastSuccessAt') : 0;
        if ($confirmed > $made->getTimestamp()) {
            $made = new DateTimeImmutable("@$confirmed");
        }

        return $made->setTimezone(new DateTimeZone('UTC'))->format(DateTimeInterface::ATOM);
    }

    /**
     * Whole days since a day, or since the first of a month; null if the text names neither.
     */
    private static function days(string $when): ?int
    {
        if (preg_match('/^\d{4}-\d\d(-\d\d.*)?$/D', $when) !== 1) {
            return null;
        }

        return max(0, (int)(new DateTimeImmutable($when))->diff(new DateTimeImmutable())->format('%r%a'));
    }
}

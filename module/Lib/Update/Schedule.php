<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use DateTimeImmutable;

/**
 * When a PBX asks for new data: once a week, early on Sunday, each at a minute of its own.
 */
final class Schedule
{
    /** The publishers' servers see the PBXs of a time zone spread over these hours of Sunday. */
    private const FIRST_HOUR = 1;
    private const HOURS = 4;

    public function __construct(private readonly string $machine)
    {
    }

    /**
     * This machine, by what stays the same as long as it is the same machine.
     */
    public static function ofThisMachine(): self
    {
        $addresses = [];
        foreach (glob('/sys/class/net/*/address') ?: [] as $file) {
            $address = trim((string)@file_get_contents($file));
            if ($address !== '' && $address !== '00:00:00:00:00:00' && is_dir(dirname($file) . '/device')) {
                $addresses[] = $address;
            }
        }
        sort($addresses);

        return new self($addresses === [] ? php_uname('n') : $addresses[0]);
    }

    /**
     * The five fields of a crontab line.
     */
    public function cronFields(): string
    {
        $minute = $this->minuteOfSunday();

        return sprintf('%d %d * * 0', $minute % 60, intdiv($minute, 60));
    }

    /**
     * The same for what is done every hour.
     */
    public function hourlyCronFields(): string
    {
        return sprintf('%d * * * *', $this->minuteOfSunday() % 60);
    }

    /**
     * The same for what is told on Monday, before work begins.
     */
    public function mondayCronFields(): string
    {
        return sprintf('%d 6 * * 1', $this->minuteOfSunday() % 60);
    }

    /**
     * True if the last planned moment passed without a successful update since.
     */
    public function isOverdue(int $lastSuccessAt, DateTimeImmutable $now): bool
    {
        return $lastSuccessAt < $this->lastPlanned($now)->getTimestamp();
    }

    private function lastPlanned(DateTimeImmutable $now): DateTimeImmutable
    {
        $minute = $this->minuteOfSunday();
        $sunday = $now->modify(sprintf('-%d days', (int)$now->format('w')));
        $planned = $sunday->setTime(intdiv($minute, 60), $minute % 60);

        return $planned > $now ? $planned->modify('-7 days') : $planned;
    }

    private function minuteOfSunday(): int
    {
        return self::FIRST_HOUR * 60 + crc32($this->machine) % (self::HOURS * 60);
    }
}

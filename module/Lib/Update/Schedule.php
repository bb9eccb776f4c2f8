<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use DateTimeImmutable;

/**
 * When a PBX asks for new data: once a week, early on Sunday, each at a minute of its own, or later if that was missed.
 */
final class Schedule
{
    /**
     * The publishers' servers see the PBXs of a time zone spread over these hours of Sunday. Not earlier: summer time
     * begins with an hour that does not exist, somewhere between midnight and four, and cron runs nothing in it.
     */
    private const FIRST_HOUR = 4;
    private const HOURS = 4;

    /** The first of January 2026. A clock that says less has not been set since the machine was switched on. */
    private const EARLIEST = 1767225600;

    /** How far the clock may be set back when the time is synchronised. */
    private const ADJUSTMENT_SECONDS = 86400;

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
     * The same for the look whether an update was missed, half an hour away from what else is done.
     */
    public function catchUpCronFields(): string
    {
        return sprintf('%d * * * *', ($this->minuteOfSunday() + 30) % 60);
    }

    /**
     * The same for what is told on Monday, before work begins.
     */
    public function mondayCronFields(): string
    {
        return sprintf('%d 6 * * 1', $this->minuteOfSunday() % 60);
    }

    /**
     * True if there was no successful update since the last planned moment, as far as the clock can be believed.
     *
     * @param int $lastSuccessAt 0 if there was none
     */
    public function isOverdue(int $lastSuccessAt, DateTimeImmutable $now): bool
    {
        $time = $now->getTimestamp();
        // A success that lies ahead was noted by a wrong clock, and does not count.
        $isKnown = $lastSuccessAt <= $time + self::ADJUSTMENT_SECONDS;

        return $time >= self::EARLIEST && (!$isKnown || $lastSuccessAt < $this->lastPlanned($now)->getTimestamp());
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

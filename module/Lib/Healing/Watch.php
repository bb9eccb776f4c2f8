<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Healing;

use Modules\ModuleGeoIP\Lib\Helper\Binary;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Program;
use Modules\ModuleGeoIP\Lib\Pbx\Task;

/**
 * The self-check that cron runs every five minutes: the helper alone, for some hundredths of a second, and some seconds
 * more where it waits for the name servers of hosts.
 *
 * PHP starts only if the helper finds drift that stays, or cannot run; and where phones keep their way, to ask Asterisk
 * which are registered.
 */
final class Watch
{
    /** Between the minutes at which Core's own jobs start. */
    private const CRON_FIELDS = '2-59/5 * * * *';

    /** How long Asterisk is waited for. Without its answer a look learns nothing of phones. */
    private const CONTACTS_SECONDS = 8;

    private function __construct(private readonly string $program)
    {
    }

    /**
     * Null on machines that there is no helper for.
     */
    public static function ofThisMachine(): ?self
    {
        $program = Binary::nameFor(php_uname('m'));

        return $program === null ? null : new self($program);
    }

    public function cronFields(): string
    {
        return self::CRON_FIELDS;
    }

    /**
     * A line for the shell of cron; its words are the module's own, never a request's.
     *
     * @param bool $asksPhones whether the helper is told which phones are registered
     */
    public function command(bool $asksPhones): string
    {
        $check = sprintf('./%s --state-dir %s --json check', $this->program, Module::stateDirectory());

        return sprintf(
            '{ cd %s && %s -c %s && %s || %s; }',
            Module::directory() . '/bin',
            Program::path('sha256sum'),
            Binary::CHECKSUMS,
            $asksPhones ? self::contacts() . " | $check" : "$check < /dev/null",
            Task::Heal->command()
        );
    }

    private static function contacts(): string
    {
        return sprintf(
            '%s %d %s -f contacts.php',
            Program::path('timeout'),
            self::CONTACTS_SECONDS,
            Program::path('php')
        );
    }
}

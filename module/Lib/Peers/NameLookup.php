<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Helper\ChildProcess;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Program;

/**
 * The addresses of hosts, as far as they can be had in a moment.
 *
 * A name server that does not answer holds up whoever asks it for many seconds, and PHP cannot ask it to be brief. So
 * a process of its own asks, and what it knows when the time is up is what there is.
 */
final class NameLookup
{
    private const SECONDS = 2.0;

    /** The process that answers requests lives on; a name is not looked up again for each of them. */
    private const KEPT_SECONDS = 300;

    /** A question that was left open is asked again soon: what was wrong may be over. */
    private const OPEN_SECONDS = 15;

    /** What `bin/resolve.php` takes for a question. */
    private const QUESTION = '/^[\w.-]+(?: [a-z,]+)?$/D';

    /** @var array<string, array{int, list<string>}> when a question was asked, and the addresses that answer it */
    private static array $known = [];

    /** @var array<string, true> the questions to which nobody gave the whole answer in time */
    private static array $open = [];

    /**
     * @param list<string> $questions hosts, as `SipAddress` words it
     * @return array<string, list<string>> addresses by question
     */
    public static function addresses(array $questions): array
    {
        $wanted = [];
        foreach ($questions as $question) {
            $age = time() - (self::$known[$question][0] ?? 0);
            $kept = isset(self::$open[$question]) ? self::OPEN_SECONDS : self::KEPT_SECONDS;
            if (SipAddress::isAddress($question)) {
                self::$known[$question] = [time(), [$question]];
            } elseif ($age > $kept && preg_match(self::QUESTION, $question) === 1) {
                self::$known[$question] = [time(), []];
                self::$open[$question] = true;
                $wanted[] = $question;
            }
        }
        self::look($wanted);

        return array_map(
            static fn (array $entry): array => $entry[1],
            array_intersect_key(self::$known, array_flip($questions))
        );
    }

    /**
     * Those of the questions that name servers left open.
     *
     * @param list<string> $questions
     * @return list<string>
     */
    public static function open(array $questions): array
    {
        return array_values(array_filter(
            $questions,
            static fn (string $question): bool => isset(self::$open[$question])
        ));
    }

    /**
     * @param list<string> $questions
     */
    private static function look(array $questions): void
    {
        if ($questions === []) {
            return;
        }
        $found = static function (string $line) use ($questions): void {
            $words = explode(' ', $line);
            if (!ctype_digit($words[0])) {
                return;
            }
            $question = $questions[(int)$words[0]] ?? '';
            if (isset($words[1], self::$known[$question])) {
                self::$known[$question][1][] = $words[1];
            } else {
                unset(self::$open[$question]);
            }
        };
        $command = [Program::path('php'), '-f', Module::directory() . '/bin/resolve.php'];
        try {
            (new ChildProcess($command, $found))->run(implode("\n", $questions), self::SECONDS);
        } catch (HelperError $error) {
            Log::info("not all names of providers could be looked up: {$error->getMessage()}");
        }
    }
}

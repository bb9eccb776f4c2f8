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
 * The addresses of host names, as far as they can be had in a moment.
 *
 * A name server that does not answer holds up whoever asks it for many seconds, and PHP cannot ask it to be brief. So
 * a process of its own asks, and what it knows when the time is up is what there is.
 */
final class NameLookup
{
    private const SECONDS = 2.0;

    /** The process that answers requests lives on; a name is not looked up again for each of them. */
    private const KEPT_SECONDS = 300;

    /** @var array<string, array{int, list<string>}> when a name was looked up, and its addresses */
    private static array $known = [];

    /**
     * @param list<string> $hosts names or addresses
     * @return array<string, list<string>> addresses by host
     */
    public static function addresses(array $hosts): array
    {
        $wanted = [];
        foreach ($hosts as $host) {
            $age = time() - (self::$known[$host][0] ?? 0);
            if (SipAddress::isAddress($host)) {
                self::$known[$host] = [time(), [$host]];
            } elseif ($age > self::KEPT_SECONDS && preg_match('/^[\w.-]+$/D', $host) === 1) {
                self::$known[$host] = [time(), []];
                $wanted[] = $host;
            }
        }
        self::look($wanted);

        return array_map(
            static fn (array $entry): array => $entry[1],
            array_intersect_key(self::$known, array_flip($hosts))
        );
    }

    /**
     * @param list<string> $names
     */
    private static function look(array $names): void
    {
        if ($names === []) {
            return;
        }
        $found = static function (string $line): void {
            $words = explode(' ', $line);
            if (isset($words[1], self::$known[$words[0]])) {
                self::$known[$words[0]][1][] = $words[1];
            }
        };
        $command = [Program::path('php'), '-f', Module::directory() . '/bin/resolve.php'];
        try {
            (new ChildProcess($command, $found))->run(implode("\n", $names), self::SECONDS);
        } catch (HelperError $error) {
            Log::info("not all names of providers could be looked up: {$error->getMessage()}");
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\State;

use MikoPBX\Core\System\Util;
use Modules\ModuleGeoIP\Lib\Helper\ChildProcess;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;

/**
 * Whom the PBX's own firewall lets in before the filter is asked, read from the kernel.
 */
final class TrustedSources
{
    private const SECONDS = 5.0;

    /** A rule that accepts a named source; what else it asks for, such as a port, is the administrator's own wish. */
    private const ACCEPTS = '~^-A INPUT .*?-s ([^/ ]+)/(\d+) .*-j ACCEPT$~';

    private const FILTER = '~-j GEOIP_CHECK(_V6)?$~';

    /**
     * @param list<array{string, int}> $networks the bytes of an address, and how many bits of it count
     */
    private function __construct(private readonly array $networks)
    {
    }

    public static function ofKernel(): self
    {
        $networks = [];
        foreach (['iptables', 'ip6tables'] as $tool) {
            foreach (self::rules($tool) as $rule) {
                $parts = [];
                if (preg_match(self::FILTER, $rule) === 1) {
                    break;
                }
                if (preg_match(self::ACCEPTS, $rule, $parts) === 1) {
                    $bytes = inet_pton($parts[1] ?? '');
                    if ($bytes !== false) {
                        $networks[] = [$bytes, (int)($parts[2] ?? 0)];
                    }
                }
            }
        }

        return new self($networks);
    }

    public function contain(string $address): bool
    {
        $bytes = (string)inet_pton($address);
        foreach ($this->networks as [$network, $length]) {
            $whole = intdiv($length, 8);
            $rest = 0xff << (8 - $length % 8) & 0xff;
            $isSame = strlen($bytes) === strlen($network)
                && substr($bytes, 0, $whole) === substr($network, 0, $whole)
                && ($length % 8 === 0 || ((ord($bytes[$whole]) ^ ord($network[$whole])) & $rest) === 0);
            if ($isSame) {
                return true;
            }
        }

        return false;
    }

    /**
     * @return list<string>
     */
    private static function rules(string $tool): array
    {
        $path = Util::which($tool);
        if ($path === '') {
            return [];
        }
        $rules = [];
        $onLine = static function (string $line) use (&$rules): void {
            $rules[] = $line;
        };
        try {
            (new ChildProcess([$path, '-w', '2', '-S', 'INPUT'], $onLine))->run('', self::SECONDS);
        } catch (HelperError) {
            // Without its rules nobody counts as trusted: one question too many rather than one too few.
            return [];
        }

        return $rules;
    }
}

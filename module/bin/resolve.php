<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Looks up host names, one a line on standard input; writes each address as it comes, as `name address`.
 */

declare(strict_types=1);

if (PHP_SAPI !== 'cli') {
    exit(1);
}

foreach (array_filter(array_map(trim(...), file('php://stdin') ?: [])) as $name) {
    foreach (gethostbynamel($name) ?: [] as $address) {
        echo "$name $address\n";
    }
    foreach (@dns_get_record($name, DNS_AAAA) ?: [] as $record) {
        if (is_array($record) && is_string($record['ipv6'] ?? null)) {
            echo "$name {$record['ipv6']}\n";
        }
    }
}

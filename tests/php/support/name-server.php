<?php

// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * A name server at 127.0.0.1 that knows the records of its argument, as JSON:
 *
 *     {"A edge.test": ["1.0.1.1"], "SRV _sip._udp.test": ["edge.test"], "NAPTR test": ["SIP+D2U _sip._udp.other.test"]}
 *
 * Of anything else it says that it does not exist. With `false` it says that it is out of order. Without an argument it
 * never answers.
 */

declare(strict_types=1);

const TYPES = ['A' => 1, 'AAAA' => 28, 'SRV' => 33, 'NAPTR' => 35];

$text = static fn (string $text): string => chr(strlen($text)) . $text;
$name = static fn (string $name): string => implode('', array_map($text, explode('.', $name))) . "\0";
$data = static function (string $type, string $value) use ($text, $name): string {
    [$first, $second] = explode(' ', $value) + ['', ''];

    return match ($type) {
        'SRV' => pack('nnn', 0, 0, 5080) . $name($value),
        'NAPTR' => pack('nn', 10, 10) . $text('s') . $text($first) . $text('') . $name($second),
        default => inet_pton($value),
    };
};

$records = json_decode($argv[1] ?? 'null', true, 8, JSON_THROW_ON_ERROR);
$server = stream_socket_server('udp://127.0.0.1:53', $code, $reason, STREAM_SERVER_BIND);
while (true) {
    $question = stream_socket_recvfrom($server, 512, 0, $client);
    if ($records === null) {
        continue;
    }
    $labels = [];
    for ($place = 12; $question[$place] !== "\0"; $place += ord($question[$place]) + 1) {
        $labels[] = substr($question, $place + 1, ord($question[$place]));
    }
    $type = (string)array_search(unpack('n', $question, $place + 1)[1], TYPES, true);
    $found = $records["$type " . strtolower(implode('.', $labels))] ?? [];
    $outcome = $found === [] ? ($records === false ? 0x8182 : 0x8183) : 0x8180;
    $answers = array_map(static function (string $value) use ($type, $data): string {
        $bytes = $data($type, $value);

        // The name is that of the question.
        return pack('nnnNn', 0xC00C, TYPES[$type], 1, 60, strlen($bytes)) . $bytes;
    }, $found);
    $header = substr($question, 0, 2) . pack('nnnnn', $outcome, 1, count($found), 0, 0);
    stream_socket_sendto($server, $header . substr($question, 12, $place - 7) . implode('', $answers), 0, $client);
}

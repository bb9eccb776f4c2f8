<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Closure;

/**
 * One run of a program: no shell, both of its outputs read as they come, an end to the waiting.
 */
final class ChildProcess
{
    private const CHUNK = 65536;

    /** What is kept of a program's log, for the message when it fails. */
    private const LOG_LIMIT = 4096;

    private const GRACE_SECONDS = 2.0;

    private string $log = '';

    /** The beginning of a line whose end has not come yet. */
    private string $unfinished = '';

    /**
     * @param non-empty-list<string> $command
     * @param Closure(string): void $onLine takes each line of the program's standard output
     */
    public function __construct(private readonly array $command, private readonly Closure $onLine)
    {
    }

    /**
     * Feeds `$input` to the program and waits for its end.
     *
     * @return int the exit status, -1 if a signal ended it
     * @throws HelperError `helper.missing` if it cannot be started, `helper.timeout` if it had to be killed
     */
    public function run(string $input, float $seconds): int
    {
        $pipes = [];
        $process = proc_open(
            $this->command,
            [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']],
            $pipes,
            '/',
            // The helper needs nothing of the caller's surroundings but a way out through the administrator's proxy.
            array_filter(getenv(), self::isPassedOn(...), ARRAY_FILTER_USE_KEY)
        );
        if ($process === false) {
            throw new HelperError(HelperError::MISSING, "cannot start {$this->command[0]}");
        }
        $ended = $this->converse($pipes, $input, microtime(true) + $seconds);
        if (!$ended) {
            $this->kill($process);
        }
        array_map(fclose(...), array_filter($pipes, is_resource(...)));
        $status = proc_close($process);
        if (!$ended) {
            throw new HelperError(
                HelperError::TIMEOUT,
                sprintf('%s did not finish within %d seconds', basename($this->command[0]), $seconds),
                retryable: true
            );
        }

        return $status;
    }

    /**
     * The end of what the program wrote to its standard error.
     */
    public function log(): string
    {
        return trim($this->log);
    }

    private static function isPassedOn(string $name): bool
    {
        return $name === 'PATH' || str_ends_with(strtolower($name), '_proxy');
    }

    /**
     * Writes the input and reads both outputs until the program closes them; false if the time is up.
     *
     * All three at once: a program that fills one pipe while we wait on another would hang, and we with it.
     *
     * @param array<int, resource> $pipes
     */
    private function converse(array &$pipes, string $input, float $deadline): bool
    {
        foreach ($pipes as $pipe) {
            stream_set_blocking($pipe, false);
        }
        while (isset($pipes[1]) || isset($pipes[2])) {
            $left = $deadline - microtime(true);
            if ($left <= 0) {
                return false;
            }
            $input = $this->feed($pipes, $input);
            $readable = array_intersect_key($pipes, [1 => true, 2 => true]);
            $writable = array_intersect_key($pipes, [0 => true]);
            $except = null;
            [$seconds, $microseconds] = [(int)$left, (int)(fmod($left, 1) * 1e6)];
            // False when a signal came in between: the next round looks again.
            if (@stream_select($readable, $writable, $except, $seconds, $microseconds) !== false) {
                foreach ($readable as $number => $pipe) {
                    if ($this->drain($pipe, $number === 2)) {
                        unset($pipes[$number]);
                    }
                }
            }
        }

        return true;
    }

    /**
     * @param array<int, resource> $pipes
     */
    private function feed(array &$pipes, string $input): string
    {
        if (!isset($pipes[0])) {
            return '';
        }
        // A program that has already refused and gone takes no input; its reply tells why.
        $written = $input === '' ? 0 : @fwrite($pipes[0], $input);
        $rest = $written === false ? '' : substr($input, $written);
        if ($rest === '') {
            fclose($pipes[0]);
            unset($pipes[0]);
        }

        return $rest;
    }

    /**
     * Reads what a pipe holds; true at its end.
     *
     * @param resource $pipe
     */
    private function drain($pipe, bool $isLog): bool
    {
        $bytes = (string)fread($pipe, self::CHUNK);
        $ended = feof($pipe);
        if ($isLog) {
            $this->log = substr($this->log . $bytes, -self::LOG_LIMIT);
        } else {
            $lines = explode("\n", $this->unfinished . $bytes);
            $this->unfinished = $ended ? '' : array_pop($lines);
            foreach ($lines as $line) {
                if ($line !== '') {
                    ($this->onLine)($line);
                }
            }
        }
        if ($ended) {
            fclose($pipe);
        }

        return $ended;
    }

    /**
     * Asks the program to end, so that it can clean up, and kills it if it does not.
     *
     * @param resource $process
     */
    private function kill($process): void
    {
        proc_terminate($process, SIGTERM);
        $deadline = microtime(true) + self::GRACE_SECONDS;
        while (proc_get_status($process)['running'] && microtime(true) < $deadline) {
            usleep(20000);
        }
        proc_terminate($process, SIGKILL);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use UnexpectedValueException;

/**
 * Runs the helper's operations: one JSON request in, progress and one reply out.
 */
final class Helper
{
    /** Longer than the helper waits for anything, and short enough for Core to hear the answer to a request. */
    public const DEFAULT_SECONDS = 17.0;

    public const PROTOCOL = 1;

    public function __construct(private readonly Binary $binary, private readonly string $stateDirectory)
    {
    }

    public static function installed(): self
    {
        return self::withState(Module::stateDirectory());
    }

    /**
     * The same for the web server's user, who sees neither root's state nor the kernel's rules: with data of its own.
     */
    public static function ofPage(): self
    {
        return self::withState(Module::temporaryDirectory() . '/state');
    }

    private static function withState(string $directory): self
    {
        return new self(new Binary(Module::directory() . '/bin', php_uname('m'), $directory), $directory);
    }

    /**
     * @throws HelperError if the helper of this machine is missing or damaged
     */
    public function check(): void
    {
        $this->binary->verifiedPath();
    }

    /**
     * @param array<string, mixed> $request the fields of the request; the protocol's version is added
     * @param null|callable(Progress): void $onProgress
     * @throws HelperError
     */
    public function run(
        string $operation,
        array $request = [],
        float $seconds = self::DEFAULT_SECONDS,
        ?callable $onProgress = null
    ): Reply {
        $last = null;
        $onLine = static function (string $line) use (&$last, $onProgress): void {
            $message = self::decode($line);
            if ($message->string('type') === 'progress') {
                if ($onProgress !== null) {
                    $onProgress(Progress::fromMessage($message));
                }
            } else {
                $last = $message;
            }
        };
        $command = [$this->binary->verifiedPath(), '--state-dir', $this->stateDirectory, '--json', $operation];
        $process = new ChildProcess($command, $onLine);
        $input = json_encode(['v' => self::PROTOCOL] + $request, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
        $status = $process->run($input, $seconds);
        if ($process->log() !== '') {
            Log::info("helper $operation: " . $process->log());
        }

        return $this->reply($last, $operation, $status, $process->log(), new Fields($request));
    }

    private function reply(?Fields $message, string $operation, int $status, string $log, Fields $request): Reply
    {
        if ($message === null || $message->string('type') !== 'reply') {
            $words = "the helper ended $operation without a reply, exit status $status";
            throw new HelperError(HelperError::CRASHED, $log === '' ? $words : "$words: $log");
        }
        if ($message->integer('v') !== self::PROTOCOL) {
            throw new HelperError(HelperError::CRASHED, 'the helper speaks another version of the protocol');
        }
        if (!$message->flag('ok')) {
            throw HelperError::fromReply($message->object('error'), $status, $request);
        }

        return Reply::fromMessage($message);
    }

    private static function decode(string $line): Fields
    {
        try {
            return Fields::fromJson($line);
        } catch (UnexpectedValueException $error) {
            throw new HelperError(HelperError::CRASHED, "the helper's output is " . $error->getMessage());
        }
    }
}

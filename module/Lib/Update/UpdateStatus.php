<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Basics\Moment;
use Modules\ModuleGeoIP\Lib\Basics\Record;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Progress;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * The record of the last update, in a small file. Only the process that holds the update's lock writes it.
 */
final class UpdateStatus
{
    public const IDLE = 'idle';
    public const RUNNING = 'running';
    public const DONE = 'done';
    public const FAILED = 'failed';

    private const NOTHING = [
        'state' => self::IDLE,
        'reason' => '',
        'source' => '',
        'startedAt' => null,
        'finishedAt' => null,
        'failingSince' => null,
        'stage' => '',
        'percent' => 0,
        'result' => null,
        'warnings' => [],
        'error' => null,
    ];

    /**
     * @param array<array-key, mixed> $record
     */
    private function __construct(private array $record)
    {
    }

    public static function lockPath(): string
    {
        return Module::stateDirectory() . '/update.lock';
    }

    /**
     * The last update. One whose process ended without a result counts as failed.
     */
    public static function load(): self
    {
        $status = self::stored();
        if ($status->state() !== self::RUNNING || Lock::isHeld(self::lockPath())) {
            return $status;
        }
        // It may have ended, or another begun, since it was read.
        $again = self::stored();
        if ($again->record === $status->record) {
            $gone = new HelperError('update.died', 'the process that ran it is gone', retryable: true);
            $again->record = ['state' => self::FAILED, 'error' => $gone->toArray()] + $again->record;
        }

        return $again;
    }

    public function state(): string
    {
        return (new Fields($this->record))->string('state');
    }

    /**
     * True if this update failed and was one of this source: another one's failure says nothing of it.
     */
    public function hasFailedFor(string $source): bool
    {
        return $this->state() === self::FAILED && (new Fields($this->record))->string('source') === $source;
    }

    /**
     * 0 if it never was.
     */
    public function startedAt(): int
    {
        return $this->moment('startedAt');
    }

    /**
     * 0 if it was not yet.
     */
    public function finishedAt(): int
    {
        return $this->moment('finishedAt');
    }

    /**
     * When the first of the updates of this source failed, since when none has succeeded; 0 if this one did.
     */
    public function failingSince(): int
    {
        return $this->moment('failingSince');
    }

    /**
     * @return array<array-key, mixed>
     */
    public function toArray(): array
    {
        return $this->record;
    }

    public function begin(string $source, string $reason): void
    {
        $this->store([
            'state' => self::RUNNING,
            'source' => $source,
            'reason' => $reason,
            'startedAt' => Moment::now(),
            'failingSince' => $this->hasFailedFor($source) ? $this->record['failingSince'] ?? null : null,
        ] + self::NOTHING);
    }

    public function advance(Progress $progress): void
    {
        $this->store(['stage' => $progress->stage, 'percent' => $progress->percent] + $this->record);
    }

    public function finish(Reply $reply): void
    {
        $this->store([
            'state' => self::DONE,
            'finishedAt' => Moment::now(),
            'failingSince' => null,
            'percent' => 100,
            'result' => $reply->data->all(),
            'warnings' => $reply->warnings,
        ] + $this->record);
    }

    public function fail(HelperError $error): void
    {
        // The stage in which it failed; later stages were done with the data that was there before.
        $where = $error->stage === '' ? [] : ['stage' => $error->stage];
        $this->store([
            'state' => self::FAILED,
            'finishedAt' => Moment::now(),
            'failingSince' => $this->record['failingSince'] ?? Moment::now(),
            // The helper goes on to the end with the data that was there before; of the update nothing is done.
            'percent' => 0,
            'error' => $error->toArray(),
        ] + $where + $this->record);
    }

    /**
     * @param array<array-key, mixed> $record
     */
    private function store(array $record): void
    {
        $this->record = $record;
        self::record()->save($record);
    }

    private static function stored(): self
    {
        $stored = self::record()->load()->all();

        return new self(array_replace(self::NOTHING, array_intersect_key($stored, self::NOTHING)));
    }

    private function moment(string $name): int
    {
        return (int)strtotime((new Fields($this->record))->string($name));
    }

    private static function record(): Record
    {
        return new Record(Module::stateDirectory() . '/update-status.json');
    }
}

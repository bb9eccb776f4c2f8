<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Basics\PrivateFile;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Progress;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use UnexpectedValueException;

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
        'startedAt' => 0,
        'finishedAt' => 0,
        'stage' => '',
        'percent' => 0,
        'detail' => '',
        'lastSuccessAt' => 0,
        'result' => null,
        'warnings' => [],
        'error' => null,
    ];

    /** @var array<string, Progress> the last step of each stage */
    private array $steps = [];

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
        $path = self::path();
        $json = is_file($path) ? file_get_contents($path) : false;
        try {
            $stored = Fields::fromJson($json === false ? '' : $json)->all();
        } catch (UnexpectedValueException) {
            $stored = [];
        }
        $status = new self(array_replace(self::NOTHING, array_intersect_key($stored, self::NOTHING)));
        if ($status->state() === self::RUNNING && !Lock::isHeld(self::lockPath())) {
            $gone = new HelperError('update.died', 'the process that ran it is gone', retryable: true);
            $status->record = ['state' => self::FAILED, 'error' => $gone->toArray()] + $status->record;
        }

        return $status;
    }

    public function state(): string
    {
        return (new Fields($this->record))->string('state');
    }

    public function lastSuccessAt(): int
    {
        return (new Fields($this->record))->integer('lastSuccessAt');
    }

    public function source(): string
    {
        return (new Fields($this->record))->string('source');
    }

    public function startedAt(): int
    {
        return (new Fields($this->record))->integer('startedAt');
    }

    public function finishedAt(): int
    {
        return (new Fields($this->record))->integer('finishedAt');
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
            'startedAt' => time(),
            'lastSuccessAt' => $this->lastSuccessAt(),
        ] + self::NOTHING);
    }

    public function advance(Progress $progress): void
    {
        $this->steps[$progress->stage] = $progress;
        $this->store([
            'stage' => $progress->stage,
            'percent' => $progress->percent,
            'detail' => $progress->detail,
        ] + $this->record);
    }

    public function finish(Reply $reply): void
    {
        $this->store([
            'state' => self::DONE,
            'finishedAt' => time(),
            'lastSuccessAt' => time(),
            'percent' => 100,
            'result' => $reply->data->all(),
            'warnings' => $reply->warnings,
        ] + $this->record);
    }

    public function fail(HelperError $error): void
    {
        $percent = ($this->steps[$error->stage] ?? null)?->percent;
        // The stage in which it failed; later stages were done with the data that was there before.
        $where = $error->stage === '' ? [] : ['stage' => $error->stage, 'percent' => $percent ?? 0];
        $this->store([
            'state' => self::FAILED,
            'finishedAt' => time(),
            'error' => $error->toArray(),
        ] + $where + $this->record);
    }

    /**
     * @param array<array-key, mixed> $record
     */
    private function store(array $record): void
    {
        $this->record = $record;
        PrivateFile::write(self::path(), json_encode($record, JSON_THROW_ON_ERROR));
    }

    private static function path(): string
    {
        return Module::stateDirectory() . '/update-status.json';
    }
}

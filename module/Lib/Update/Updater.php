<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Update;

use Closure;
use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Progress;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * One update from beginning to end, in a process of its own.
 */
final class Updater
{
    /** What tells these updates from the others; see `Task`. */
    private const FORCED = 'forced';
    private const MISSED = 'missed';

    /** Those that nobody asked for. */
    public const UNASKED = ['scheduled', self::MISSED];

    private const SECONDS = 900.0;

    /** Long enough not to mistake for an update somebody who only looks whether one runs. */
    private const LOCK_SECONDS = 0.5;

    private readonly ProgressFeed $feed;

    /**
     * @param Closure(): mixed $takeUp brings new data into force
     */
    public function __construct(
        private readonly Helper $helper,
        private readonly PolicyStore $store,
        private readonly Closure $takeUp
    ) {
        $this->feed = new ProgressFeed();
    }

    /**
     * Gets new data of the chosen source and brings it into force.
     *
     * @return bool true if there is new or confirmed data, false if the update failed or was not this process's to run
     */
    public function run(string $reason): bool
    {
        if (!Module::isEnabled()) {
            return false;
        }
        if ($reason === self::MISSED && !(new MissedUpdate($this->helper, $this->store))->isDue()) {
            return false;
        }
        $lock = Lock::take(UpdateStatus::lockPath(), self::LOCK_SECONDS);
        if ($lock === null) {
            Log::info("an update is running already, \"$reason\" joins it");

            return false;
        }
        try {
            do {
                $source = $this->store->policy()->source;
                $isDone = $this->update($source, $reason);
                // Whoever chose another source meanwhile found an update running, and started none.
            } while ($this->store->policy()->source !== $source);

            return $isDone;
        } finally {
            $lock->release();
        }
    }

    private function update(string $source, string $reason): bool
    {
        $status = UpdateStatus::load();
        $status->begin($source, $reason);
        $this->feed->send($status);
        Log::info("updating the data of $source ($reason)");
        $request = ['source' => $source, 'online' => 'if_newer', 'force' => $reason === self::FORCED];
        $bundle = Module::bundle($source);
        if ($bundle !== null) {
            $request['bundle'] = $bundle;
        }
        try {
            $tell = function (Progress $progress) use ($status): void {
                $status->advance($progress);
                $this->feed->offer($status);
            };
            $reply = $this->helper->run('update', $request, self::SECONDS, $tell);
            // A source that another stood in for takes its place now.
            ($this->takeUp)();
            if ($reply->data->has('failure')) {
                throw HelperError::fromReply($reply->data->object('failure'));
            }
        } catch (HelperError $error) {
            Log::warning("the update failed, the data in force stays: $error->codeWord: {$error->getMessage()}");
            $this->feed->waitUntilDue();
            $status->fail($error);
            $this->feed->send($status);

            return false;
        }
        Log::info("updated the data of $source: release {$reply->data->string('release', 'unknown')}");
        $this->feed->waitUntilDue();
        $status->finish($reply);
        $this->feed->send($status);

        return true;
    }
}

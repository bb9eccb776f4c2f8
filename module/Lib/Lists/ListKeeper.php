<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Lists;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\Reply;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\Settings\BlockList;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * Has the helper get the block lists of the policy, each when its time has come.
 */
final class ListKeeper
{
    private const LOOK_SECONDS = 300.0;

    /** Somebody waits for a save. */
    private const SAVE_SECONDS = 12.0;
    private const SILENCE_SECONDS = 5;
    private const TOTAL_SECONDS = 6;

    public function __construct(private readonly Helper $helper)
    {
    }

    /**
     * Cron's look. A list that changed is in force then; one that could not be had stays as it is.
     *
     * @return bool true if there is one that is new: a policy may have waited for it
     */
    public function look(PolicyStore $store): bool
    {
        if (!Module::isEnabled()) {
            return false;
        }
        try {
            return $this->run($store->policy()->lists, self::LOOK_SECONDS, []);
        } catch (HelperError $error) {
            // Another update is running, or the kernel could not be updated: the next look does what is left.
            Log::info("the block lists are not up to date: $error->codeWord: {$error->getMessage()}");

            return false;
        }
    }

    /**
     * Gets what is not kept yet of the lists of a policy that is to be put in force. What cannot be had in time is
     * missing then, which `apply` says.
     *
     * @throws HelperError when a list cannot be right
     */
    public function prepare(Policy $policy): void
    {
        try {
            $this->run($policy->lists, self::SAVE_SECONDS, [
                'timeout_seconds' => self::SILENCE_SECONDS,
                'total_seconds' => self::TOTAL_SECONDS,
            ]);
        } catch (HelperError $error) {
            if ($error->isRefusal()) {
                throw $error;
            }
            Log::warning("the block lists could not be got in time: $error->codeWord: {$error->getMessage()}");
        }
    }

    /**
     * The same for a policy that is only asked about: whom a list would cut off is known once it is there. The lists
     * that are used already stay as they are.
     *
     * @throws HelperError when a list cannot be right
     */
    public function prepareNew(Policy $policy, Policy $before): void
    {
        $asSaved = array_column($before->lists, null, BlockList::ID);
        $saved = static fn (BlockList $list): BlockList => $asSaved[$list->id] ?? $list;
        $lists = array_map($saved, $policy->lists);
        if (array_diff_key(array_column($lists, null, BlockList::ID), $asSaved) !== []) {
            $this->prepare(new Policy(lists: $lists));
        }
    }

    /**
     * Has lists removed that a policy does not use any more, in the background.
     */
    public static function forgetUnused(Policy $before, Policy $after): void
    {
        $ids = static fn (Policy $policy): array => array_column($policy->lists, BlockList::ID);
        if (array_diff($ids($before), $ids($after)) !== []) {
            Task::Lists->startOrLog();
        }
    }

    /**
     * @param list<BlockList> $lists
     * @param array<string, int> $options
     * @return bool true if one has changed
     */
    private function run(array $lists, float $seconds, array $options): bool
    {
        $request = ['lists' => array_map(static fn (BlockList $list): array => $list->toArray(), $lists)];

        return $this->log($this->helper->run('lists', $request + $options, $seconds));
    }

    private function log(Reply $reply): bool
    {
        $hasChanged = false;
        foreach ($reply->data->objects('lists') as $list) {
            if ($list->has('failure')) {
                $failure = $list->object('failure');
                Log::warning("the block list {$list->string('id')} stays as it is: {$failure->string('message')}");
            } elseif ($list->flag('is_changed')) {
                Log::info("the block list {$list->string('id')} has changed");
                $hasChanged = true;
            }
        }

        return $hasChanged;
    }
}

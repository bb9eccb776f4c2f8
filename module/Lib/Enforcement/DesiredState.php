<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Basics\Directory;
use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Helper\DataAtHand;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\StateDirectory;
use Modules\ModuleGeoIP\Lib\Learning\Observations;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\Update\Launcher;
use Throwable;

/**
 * The one place that knows what should be true now, and makes it true.
 *
 * Core calls lifecycle hooks twice, late, from several processes and some that did not happen. So no caller says what
 * to do: each only says "now", and what should be is read from Core's own records, under the lock.
 */
final class DesiredState
{
    private const LOCK = 'desired-state.lock';

    /** Longer than the longest work under the lock, compiling a bundle and loading it on a slow machine. */
    private const LOCK_SECONDS = 25.0;

    private const BUSY_ATTEMPTS = 5;
    private const BUSY_MICROSECONDS = 400000;

    public function __construct(private readonly Helper $helper, private readonly SettingsStore $settings)
    {
    }

    public static function current(): self
    {
        return new self(Helper::installed(), new SettingsStore());
    }

    /**
     * Makes kernel and disk what they should be. Safe to call at any time, from any process, any number of times.
     *
     * @param null|callable(): void $first runs under the lock before anything is read: a save
     * @throws HelperError when that failed; what was in force before still is
     */
    public function converge(?callable $first = null): Outcome
    {
        return $this->underLock($this->enforce(...), $first);
    }

    /**
     * The same, after all of ours in the kernel was compared with what should be and repaired where it differed.
     *
     * @throws HelperError when that failed
     */
    public function repair(): Outcome
    {
        return $this->underLock($this->heal(...));
    }

    /**
     * @param callable(): Outcome $enforce what is done if the module is switched on
     * @param null|callable(): void $first
     */
    private function underLock(callable $enforce, ?callable $first = null): Outcome
    {
        if ($this->isGone()) {
            return new Outcome(Outcome::OFF);
        }

        return $this->locked(function () use ($enforce, $first): Outcome {
            $confirmation = new Confirmation($this->helper, $this->settings);
            $confirmation->reconcile();
            if ($first !== null) {
                $first();
            }
            foreach ($this->settings->dropExpired() as $exception) {
                Log::audit("the exception $exception is over");
            }
            if (!Module::isEnabled()) {
                $confirmation->abandon();
                $this->settings->switchedOff();
            }

            return $this->patiently(fn (): Outcome => match (true) {
                !Module::isEnabled() => $this->clear(Outcome::OFF),
                $this->settings->isWithheld() => $this->clear(Outcome::WITHHELD),
                default => $enforce(),
            });
        });
    }

    /**
     * Has an unconfirmed change decided, by somebody or by what the helper did on its own.
     *
     * @param callable(Confirmation): void $decision
     * @throws HelperError `change.rolled_back` and the like when it was decided already; the settings follow that
     */
    public function decide(callable $decision): void
    {
        $this->locked(function () use ($decision): void {
            $confirmation = new Confirmation($this->helper, $this->settings);
            try {
                $decision($confirmation);
            } catch (HelperError $error) {
                $confirmation->reconcile();
                throw $error;
            }
        });
    }

    /**
     * The files may vanish while we wait for the lock: the classes of what is left to do then are loaded before.
     */
    private function isGone(): bool
    {
        array_map(class_exists(...), [Directory::class, Log::class]);

        return !StateDirectory::exists() && !Module::isInstalled();
    }

    /**
     * @template T
     * @param callable(): T $work
     * @return T
     */
    private function locked(callable $work): mixed
    {
        $lock = Lock::take(Module::stateDirectory() . '/' . self::LOCK, self::LOCK_SECONDS);
        if ($lock === null) {
            throw new HelperError('state.busy', 'another process is putting the policy in force', retryable: true);
        }
        try {
            return $work();
        } finally {
            if (!Module::isInstalled() && StateDirectory::isBare()) {
                // Uninstalled while we waited: the lock itself was all that is left.
                StateDirectory::remove();
            }
            $lock->release();
        }
    }

    /**
     * For hooks, which must not fail: what went wrong goes to the log.
     */
    public function convergeOrLog(): void
    {
        try {
            $outcome = $this->converge();
            foreach ($outcome->warnings as $warning) {
                Log::warning("{$warning['code']}: {$warning['message']}");
            }
        } catch (HelperError $error) {
            Log::warning("{$error->codeWord}: {$error->getMessage()} {$error->hint}");
        } catch (Throwable $error) {
            Log::warning("cannot put the policy in force: {$error->getMessage()}");
        }
    }

    /**
     * Puts chain and jump back in place, from inside Core's own rebuilding of INPUT.
     *
     * Core waits, with INPUT half built: nothing is computed here, and no lock of ours is waited for.
     */
    public function attach(): void
    {
        try {
            $this->helper->run('attach', seconds: 10.0);
        } catch (HelperError $error) {
            Log::warning("cannot attach the filter: {$error->codeWord}: {$error->getMessage()}");
            if (!$error->isFirewallMissing() && !$this->settings->isWithheld()) {
                // Whatever is missing is computed anew, outside Core's time.
                Task::Converge->start();
            }
        }
    }

    private function enforce(): Outcome
    {
        $policy = $this->settings->policy();
        $data = new DataAtHand($this->helper);
        $source = $data->sourceFor($policy->source);
        if (!Firewall::isManaged()) {
            return new Outcome(Outcome::UNMANAGED, $source);
        }
        (new Enabling($this->helper, $this->settings))->putInForce($policy, $source);
        $confirm = $this->settings->unconfirmed()?->toRequest() ?? [];
        // The filter may go back to learning by itself while a change waits.
        $this->forgetWhatWasLearned($policy->onlyCounts() || $confirm !== []);
        try {
            $applied = $this->helper->run('apply', $policy->toRequest($source) + $confirm);
        } catch (HelperError $error) {
            if (!$error->isDataMissing()) {
                throw $error;
            }
            // What looked whole from outside is damaged inside.
            Log::warning($error->getMessage());
            $source = $data->sourceFor($policy->source, damaged: $source);
            $applied = $this->helper->run('apply', $policy->toRequest($source) + $confirm);
        }
        if ($source !== $policy->source) {
            Log::info("there is no data of $policy->source yet, $source stands in");
            Launcher::fetchMissing($policy->source);
        }
        if (!Firewall::isEnabled()) {
            return new Outcome(Outcome::PREPARED, $source, $applied->warnings);
        }
        try {
            $attached = $this->helper->run('attach');
        } catch (HelperError $error) {
            if ($error->isDisplaced()) {
                Log::warning('the place of the filter in INPUT cannot be told; the PBX is asked to build INPUT anew');
                Firewall::queueReload();
            }
            throw $error;
        }

        return new Outcome(Outcome::ENFORCED, $source, $attached->warnings);
    }

    private function forgetWhatWasLearned(bool $isNeeded): void
    {
        if (!$isNeeded) {
            Observations::forget();
        }
    }

    private function heal(): Outcome
    {
        if (!Firewall::isManaged()) {
            return $this->enforce();
        }
        try {
            $healed = $this->helper->run('heal', ['attach' => Firewall::isEnabled()]);
        } catch (HelperError $error) {
            // What has to be made first, or built by Core, takes more than a repair.
            if (!$error->isNothingApplied() && !$error->isDataMissing() && !$error->isDisplaced()) {
                throw $error;
            }
            Log::info("not to be repaired, but made anew: {$error->getMessage()}");
            $healed = null;
        }

        return $healed === null ? $this->enforce() : $this->enforce()->after($healed);
    }

    private function clear(string $state): Outcome
    {
        try {
            $detached = $this->helper->run('detach');
        } catch (HelperError $error) {
            if (!$error->isFirewallMissing()) {
                throw $error;
            }

            return new Outcome($state);
        }

        return new Outcome($state, warnings: $detached->warnings);
    }

    /**
     * Repeats what failed only because another helper, an update, held its lock, or rolled a change back meanwhile.
     *
     * @param callable(): Outcome $work
     */
    private function patiently(callable $work): Outcome
    {
        $attempt = 1;
        while (true) {
            try {
                return $work();
            } catch (HelperError $error) {
                if ($attempt === self::BUSY_ATTEMPTS || !$this->mayPass($error)) {
                    throw $error;
                }
                $attempt++;
            }
        }
    }

    /**
     * True, after a moment, if the same may succeed now.
     */
    private function mayPass(HelperError $error): bool
    {
        if ($error->isOver()) {
            // The helper rolled the change back just now.
            (new Confirmation($this->helper, $this->settings))->reconcile();

            return true;
        }
        if ($error->isBusy()) {
            usleep(self::BUSY_MICROSECONDS);
        }

        return $error->isBusy();
    }
}

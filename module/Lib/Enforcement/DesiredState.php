<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Enforcement;

use Modules\ModuleGeoIP\Lib\Basics\Directory;
use Modules\ModuleGeoIP\Lib\Basics\Lock;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Helper\StateDirectory;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Pbx\Task;
use Modules\ModuleGeoIP\Lib\Settings\Expiry;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Throwable;

/**
 * The one place that knows what should be true now, and makes it true.
 *
 * Core calls lifecycle hooks twice, late, from several processes, and some for things that did not happen. So no caller
 * says what to do: each only says "now", and what should be true is read from Core's own records, under the lock.
 */
final class DesiredState
{
    private const LOCK = 'desired-state.lock';

    /** What hooks and tasks wait for the lock: longer than any one call of the helper. */
    private const LOCK_SECONDS = 25.0;

    /** What a request waits for the lock: with one call of the helper behind it, Core still hears the answer. */
    private const REQUEST_LOCK_SECONDS = 10.0;

    /** Core waits with INPUT half built and all ports open, so this is shorter than other calls. */
    private const ATTACH_SECONDS = 15.0;

    private const BUSY_ATTEMPTS = 3;
    private const BUSY_MICROSECONDS = 400000;

    private readonly Enforcer $enforcer;

    private readonly Confirmation $confirmation;

    public function __construct(
        private readonly Helper $helper,
        private readonly PolicyStore $store,
        private readonly float $lockSeconds = self::LOCK_SECONDS
    ) {
        $this->enforcer = new Enforcer($helper, $store);
        $this->confirmation = new Confirmation($helper, $store);
    }

    /**
     * For hooks and tasks.
     */
    public static function current(): self
    {
        return new self(Helper::installed(), new PolicyStore());
    }

    /**
     * For requests, whose answer somebody waits for.
     */
    public static function ofRequest(): self
    {
        return new self(Helper::installed(), new PolicyStore(), self::REQUEST_LOCK_SECONDS);
    }

    /**
     * Makes kernel and disk what they should be. Safe to call at any time, from any process, any number of times.
     *
     * @param null|callable(): void $first runs under the lock before anything is read: a save
     * @throws HelperError when that failed; what was in force before still is
     */
    public function converge(?callable $first = null): Outcome
    {
        return $this->underLock($this->enforcer->enforce(...), $first);
    }

    /**
     * The same, after the helper compared everything of ours in the kernel and repaired what differed.
     *
     * @throws HelperError when that failed
     */
    public function repair(): Outcome
    {
        return $this->underLock($this->enforcer->heal(...));
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
            $this->confirmation->reconcile();
            foreach ((new Expiry($this->helper, $this->store))->forget() as $exception) {
                Log::audit("the exception $exception is over");
            }
            if ($first !== null) {
                $first();
            }
            if (!Module::isEnabled()) {
                $this->confirmation->abandon();
                $this->store->switchedOff();
            }

            return $this->patiently(fn (): Outcome => match (true) {
                !Module::isEnabled() => $this->enforcer->clear(Outcome::OFF),
                $this->store->isWithheld() => $this->enforcer->clear(Outcome::WITHHELD),
                default => $enforce(),
            });
        });
    }

    /**
     * Decides an unconfirmed change, unless the helper has already ended it.
     *
     * @param callable(Confirmation): void $decision
     * @throws HelperError `change.rolled_back` and the like when it was decided already; the settings follow that
     */
    public function decide(callable $decision): void
    {
        $this->locked(function () use ($decision): void {
            try {
                $decision($this->confirmation);
            } catch (HelperError $error) {
                $this->confirmation->reconcile();
                throw $error;
            }
        });
    }

    /**
     * Loads the classes that are needed afterwards: the module's files may vanish while we wait for the lock.
     */
    private function isGone(): bool
    {
        array_map(class_exists(...), [Directory::class, Expiry::class, Log::class]);

        return !StateDirectory::exists() && !Module::isInstalled();
    }

    /**
     * @template T
     * @param callable(): T $work
     * @return T
     */
    private function locked(callable $work): mixed
    {
        $lock = Lock::take(Module::stateDirectory() . '/' . self::LOCK, $this->lockSeconds);
        if ($lock === null) {
            throw HelperError::busy('another process is putting the policy in force');
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
            foreach ([...$outcome->problems, ...$outcome->warnings] as $warning) {
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
     * Core waits with INPUT half built, so this computes nothing and waits for no lock of ours.
     */
    public function attach(): void
    {
        try {
            $this->helper->run('attach', seconds: self::ATTACH_SECONDS);
        } catch (HelperError $error) {
            Log::warning("cannot attach the filter: {$error->codeWord}: {$error->getMessage()}");
            if (!$error->isFirewallMissing() && !$this->store->isWithheld()) {
                // Whatever is missing is computed anew, outside Core's time.
                Task::Converge->startOrLog();
            }
        }
    }

    /**
     * Repeats work that failed only because another helper held its lock, or rolled a change back meanwhile.
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
            $this->confirmation->reconcile();

            return true;
        }
        if ($error->isBusy()) {
            usleep(self::BUSY_MICROSECONDS);
        }

        return $error->isBusy();
    }
}

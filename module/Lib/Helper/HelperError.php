<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use RuntimeException;

/**
 * The helper refused or failed: its stable code, its words, what can be done and which step helps, the field of the
 * request with its value or the stage of an update at fault.
 *
 * Codes that begin with `helper.` are this side's own: the helper could not be run or did not answer.
 */
final class HelperError extends RuntimeException
{
    /** What is known of a block list or a network that the policy names is not kept; also codes of warnings. */
    public const LISTS_MISSING = ['list.missing', 'network.missing'];

    public const MISSING = 'helper.missing';
    public const DAMAGED = 'helper.damaged';
    public const TIMEOUT = 'helper.timeout';
    public const CRASHED = 'helper.crashed';

    /** The classes of failures that the helper's exit status tells apart. */
    private const FAILED = 1;
    private const REFUSED = 2;
    private const BUSY = 3;
    private const UNAVAILABLE = 4;

    public function __construct(
        public readonly string $codeWord,
        string $message,
        public readonly string $hint = '',
        public readonly bool $retryable = false,
        public readonly string $field = '',
        public readonly string $stage = '',
        public readonly string $remedy = '',
        public readonly string $value = '',
        private readonly int $exitStatus = self::FAILED
    ) {
        parent::__construct($message);
    }

    /**
     * @param Fields $error as a reply has it, or the failure of a publisher that an update survived
     * @param null|Fields $request what was asked for
     */
    public static function fromReply(Fields $error, int $exitStatus = self::FAILED, ?Fields $request = null): self
    {
        return new self(
            $error->string('code', self::CRASHED),
            $error->string('message'),
            $error->string('hint'),
            $error->flag('retryable'),
            $error->string('field'),
            $error->string('stage'),
            $error->string('remedy'),
            $request?->at($error->string('field')) ?? '',
            $exitStatus
        );
    }

    /**
     * The same as when another helper is at work, for a lock of our own.
     */
    public static function busy(string $message): self
    {
        return new self('state.busy', $message, retryable: true, exitStatus: self::BUSY);
    }

    /**
     * True if the request was at fault, not the system.
     */
    public function isRefusal(): bool
    {
        return $this->exitStatus === self::REFUSED;
    }

    /**
     * True if what was sent has a form that cannot be right.
     */
    public function isInvalidRequest(): bool
    {
        return $this->codeWord === 'request.invalid';
    }

    /**
     * True if another helper was at work and the same request may succeed in a moment.
     */
    public function isBusy(): bool
    {
        return $this->exitStatus === self::BUSY;
    }

    /**
     * True if no policy was ever applied here, or what was applied is lost.
     */
    public function isNothingApplied(): bool
    {
        return $this->codeWord === 'policy.none';
    }

    /**
     * True if the data the operation needs is missing or unusable and has to be built first.
     */
    public function isDataMissing(): bool
    {
        return str_starts_with($this->codeWord, 'database.');
    }

    /**
     * True if the policy names a block list or a network of which nothing was got here yet, or it is lost.
     */
    public function isListMissing(): bool
    {
        return in_array($this->codeWord, self::LISTS_MISSING, true);
    }

    /**
     * True if the change that was to be confirmed is decided already.
     */
    public function isOver(): bool
    {
        return str_starts_with($this->codeWord, 'change.');
    }

    /**
     * True if the place of the filter in INPUT cannot be told because others change it.
     */
    public function isInputChanged(): bool
    {
        return $this->codeWord === 'firewall.input_changed';
    }

    /**
     * True if this system has no firewall that the helper can use, so nothing of ours is in it.
     */
    public function isFirewallMissing(): bool
    {
        return $this->exitStatus === self::UNAVAILABLE;
    }

    /**
     * The field as whoever sends policies calls it: without the policy around, and without the places in lists.
     */
    public function fieldSent(): string
    {
        return (string)preg_replace('/^policy\.|\[\d+\]/', '', $this->field);
    }

    /**
     * @return array{code: string, message: string, hint: string, retryable: bool, remedy: string, field?: string}
     */
    public function toArray(): array
    {
        return [
            'code' => $this->codeWord,
            'message' => $this->getMessage(),
            'hint' => $this->hint,
            'retryable' => $this->retryable,
            'remedy' => $this->remedy,
        ] + ($this->field === '' ? [] : ['field' => $this->fieldSent()]);
    }
}

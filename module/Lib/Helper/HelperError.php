<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use RuntimeException;
use Throwable;

/**
 * The helper refused or failed: its stable code, its words, and what can be done.
 *
 * Codes that begin with `helper.` are this side's own: the helper could not be run or did not answer.
 */
final class HelperError extends RuntimeException
{
    public const MISSING = 'helper.missing';
    public const DAMAGED = 'helper.damaged';
    public const TIMEOUT = 'helper.timeout';
    public const CRASHED = 'helper.crashed';

    public function __construct(
        public readonly string $codeWord,
        string $message,
        public readonly string $hint = '',
        public readonly bool $retryable = false,
        ?Throwable $previous = null
    ) {
        parent::__construct($message, 0, $previous);
    }

    public static function fromReply(Fields $error): self
    {
        return new self(
            $error->string('code', self::CRASHED),
            $error->string('message'),
            $error->string('hint'),
            $error->flag('retryable')
        );
    }

    /**
     * True if the request was at fault, not the system.
     */
    public function isRefusal(): bool
    {
        return str_starts_with($this->codeWord, 'request.');
    }

    /**
     * The stage of an update in which a publisher or its data was at fault; empty if neither was.
     */
    public function stageOfSource(): string
    {
        return match ($this->codeWord) {
            'source.download', 'source.too_large' => 'download',
            'source.checksum' => 'verify',
            'source.malformed', 'source.shrunk' => 'parse',
            default => '',
        };
    }

    /**
     * True if another helper was at work and the same request may succeed in a moment.
     */
    public function isBusy(): bool
    {
        return $this->codeWord === 'state.busy';
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
     * True if the change that was to be confirmed is decided already.
     */
    public function isOver(): bool
    {
        return str_starts_with($this->codeWord, 'change.');
    }

    /**
     * True if the place of the filter in INPUT cannot be told because others change it.
     */
    public function isDisplaced(): bool
    {
        return $this->codeWord === 'firewall.displaced';
    }

    /**
     * True if this system has no firewall for us: nothing of ours can be in it either.
     */
    public function isFirewallMissing(): bool
    {
        return in_array(
            $this->codeWord,
            ['firewall.ipset_missing', 'firewall.iptables_missing', 'firewall.permission', 'firewall.unsupported'],
            true
        );
    }

    /**
     * @return array{code: string, message: string, hint: string, retryable: bool}
     */
    public function toArray(): array
    {
        return [
            'code' => $this->codeWord,
            'message' => $this->getMessage(),
            'hint' => $this->hint,
            'retryable' => $this->retryable,
        ];
    }
}

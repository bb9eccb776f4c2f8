<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use JsonException;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Pbx\Log;

/**
 * A saved policy that nobody has confirmed yet, and the one that returns without it.
 */
final class UnconfirmedChange
{
    /** How long the PBX waits for the confirmation. */
    public const SECONDS = 90;

    /**
     * @param string $token its name, between the page, the settings and the helper
     * @param null|Policy $former the last policy that was confirmed, or never had to be; null if none was in force
     */
    public function __construct(public readonly string $token, public readonly ?Policy $former)
    {
    }

    public static function begin(?Policy $former): self
    {
        return new self(bin2hex(random_bytes(8)), $former);
    }

    public static function fromJson(?string $json): ?self
    {
        if ($json === null || $json === '') {
            return null;
        }
        try {
            $stored = json_decode($json, true, 8, JSON_THROW_ON_ERROR);
            $fields = new Fields(is_array($stored) ? $stored : []);
            $former = $fields->has('former')
                ? PolicyReader::read(EarlierNames::replaced($fields->object('former')->all()), new Policy())
                : null;

            return new self($fields->string('token'), $former);
        } catch (JsonException | InvalidInput $error) {
            Log::warning("the policy before an unconfirmed change is damaged: {$error->getMessage()}");

            return null;
        }
    }

    public function toJson(): string
    {
        return json_encode(
            ['token' => $this->token, 'former' => $this->former?->toArray()],
            JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES
        );
    }

    /**
     * What the helper's `apply` has to know of it.
     *
     * @return array{confirm: array{token: string, seconds: int}}
     */
    public function toRequest(): array
    {
        return ['confirm' => ['token' => $this->token, 'seconds' => self::SECONDS]];
    }

    /**
     * What the page counts down; null once the helper's answer says that the change is decided.
     *
     * @param Fields $change what the helper's status says of the last change
     * @return null|array{token: string, secondsLeft: int, switchesOn: bool}
     */
    public function onTrial(Fields $change): ?array
    {
        $isOpen = $change->string('token') === $this->token && $change->string('state') === 'pending';

        return $isOpen ? [
            'token' => $this->token,
            'secondsLeft' => $change->integer('seconds_left'),
            'switchesOn' => $this->former === null,
        ] : null;
    }
}

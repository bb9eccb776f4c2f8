<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;

/**
 * Has the helper say whether a policy is right, and how it is written.
 */
final class PolicyCheck
{
    /**
     * @param Policy $policy as the helper writes it: of several exceptions for the same the one that counts, and none
     *     that is over
     * @param list<Excepted> $over the exceptions that are
     * @param bool $dropsNobody whether it can drop no address, whatever the data says
     * @param bool $isSame whether it wants what the policy did that it was compared with
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     */
    private function __construct(
        public readonly Policy $policy,
        public readonly array $over,
        public readonly bool $dropsNobody,
        public readonly bool $isSame,
        public readonly array $warnings
    ) {
    }

    /**
     * @throws HelperError that names the field if a country, a subnet, a host, a phone or an end cannot be right
     */
    public static function of(Policy $policy, Helper $helper, ?Policy $before = null): self
    {
        $compared = $before === null ? [] : ['compared_with' => self::request($before)];
        $reply = $helper->run('validate', self::request($policy) + $compared);
        $valid = [];
        $over = [];
        // The helper answers in the order of the request; notes stay here.
        foreach ($reply->data->objects('exceptions') as $index => $written) {
            $exception = self::exception($written, ($policy->exceptions[$index] ?? null)?->note ?? '');
            if ($written->flag('is_replaced')) {
                continue;
            }
            if ($written->flag('is_over')) {
                $over[] = $exception;
            } else {
                $valid[] = $exception;
            }
        }
        $canonical = $policy->with(
            countries: $reply->data->strings('countries'),
            exceptions: $valid,
            admin: self::administration($reply->data, $policy->admin),
            networks: $reply->data->integers('networks')
        );

        return new self(
            $canonical,
            $over,
            $reply->data->flag('drops_nobody'),
            $reply->data->flag('is_same'),
            $reply->warnings
        );
    }

    /**
     * The policy with its restriction of administration even if that closes no port now: its countries have to be right
     * when it does.
     *
     * @return array{source: string, policy: array<string, mixed>}
     */
    private static function request(Policy $policy): array
    {
        $request = $policy->toRequest();
        $request['policy'] += $policy->admin?->toCheck() ?? [];

        return $request;
    }

    private static function administration(Fields $valid, ?Administration $admin): ?Administration
    {
        return $admin === null
            ? null
            : new Administration($valid->object('admin')->strings('countries'), $admin->services);
    }

    private static function exception(Fields $written, string $note): Excepted
    {
        $end = $written->has('expires_at') ? $written->string('expires_at') : null;

        $named = array_filter(Excepted::KINDS, $written->has(...));
        $kind = reset($named) ?: Excepted::SUBNET;

        return new Excepted($kind, $written->string($kind), $note, $end);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;

/**
 * Has the helper say whether a policy is right, and how it is written.
 */
final class PolicyCheck
{
    /**
     * @param Policy $policy as the helper writes it; of several exceptions for the same subnet the last one counts
     * @param bool $dropsNobody whether it can drop no address, whatever the data says
     * @param list<array{code: string, message: string, remedy: string}> $warnings
     */
    private function __construct(
        public readonly Policy $policy,
        public readonly bool $dropsNobody,
        public readonly array $warnings
    ) {
    }

    /**
     * @throws InvalidInput for a country, a subnet or an end that cannot be right
     * @throws HelperError
     */
    public static function of(Policy $policy, Helper $helper): self
    {
        try {
            $reply = $helper->run('validate', $policy->toRequest());
        } catch (HelperError $error) {
            throw self::inWords($error, $policy);
        }
        $exceptions = [];
        // The helper answers in the order of the request; notes stay here.
        foreach ($reply->data->objects('exceptions') as $index => $valid) {
            $subnet = $valid->string('subnet');
            $end = $valid->has('expires_at') ? $valid->string('expires_at') : null;
            unset($exceptions[$subnet]);
            $note = ($policy->exceptions[$index] ?? null)?->note ?? '';
            $exceptions[$subnet] = new ExceptedSubnet($subnet, $note, $end);
        }
        $canonical = new Policy(
            $policy->source,
            $policy->mode,
            $reply->data->strings('countries'),
            array_values($exceptions),
            $policy->unknown,
            $policy->action
        );

        return new self($canonical, $reply->data->flag('drops_nobody'), $reply->warnings);
    }

    /**
     * The same error; one that names a field of the policy in the administrator's words.
     */
    public static function inWords(HelperError $error, Policy $policy): HelperError|InvalidInput
    {
        if (!$error->isInvalidRequest()) {
            return $error;
        }
        $index = (int)filter_var($error->field, FILTER_SANITIZE_NUMBER_INT);
        $exception = $policy->exceptions[$index] ?? new ExceptedSubnet('');

        return match (preg_replace('/\[\d+\]/', '', $error->field)) {
            'policy.countries' => new InvalidInput('countries', 'country', $policy->countries[$index] ?? ''),
            'policy.exceptions.subnet' => new InvalidInput('exceptions.subnet', 'subnet', $exception->subnet),
            'policy.exceptions.expires_at' =>
                new InvalidInput('exceptions.expires_at', 'moment', (string)$exception->expiresAt),
            default => $error,
        };
    }
}

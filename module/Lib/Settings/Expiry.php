<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Log;

/**
 * Exceptions that are over: which ones are, the helper says.
 */
final class Expiry
{
    public function __construct(private readonly Helper $helper, private readonly PolicyStore $store)
    {
    }

    /**
     * The saved policy without them: they are no part of it any more.
     */
    public function policy(): Policy
    {
        $policy = $this->store->policy();

        return $this->check($policy)?->policy ?? $policy;
    }

    /**
     * Takes them out of the settings.
     *
     * @return list<Excepted> those that were there
     */
    public function forget(): array
    {
        $check = $this->check($this->store->policy());
        if ($check === null || $check->over === []) {
            return [];
        }
        $this->store->keepExceptions($check->policy->exceptions);

        return $check->over;
    }

    /**
     * Null if none ends, or nobody can tell: a policy that the helper refuses is shown as it is stored.
     */
    private function check(Policy $policy): ?PolicyCheck
    {
        if (!$policy->hasEnds()) {
            return null;
        }
        try {
            return PolicyCheck::of($policy, $this->helper);
        } catch (HelperError $error) {
            Log::warning("cannot tell which exceptions are over: {$error->codeWord}: {$error->getMessage()}");

            return null;
        }
    }
}

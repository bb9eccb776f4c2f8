<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Learning;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Peers\Affected;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Peers\Ways;
use Modules\ModuleGeoIP\Lib\Settings\Policy;

/**
 * In which countries phones, providers and whoever asks are now, and whom a policy would cut off if it dropped.
 */
final class Whereabouts
{
    /**
     * @param list<string> $countries sorted, none twice
     * @param list<array<string, mixed>> $affected as the answer of `preview` has them
     */
    private function __construct(public readonly array $countries, public readonly array $affected)
    {
    }

    public static function now(Helper $helper, Policy $policy, Viewer $viewer): self
    {
        $peers = Affected::among($viewer);
        if ($peers->asked() === []) {
            return new self([], []);
        }
        $answers = $helper->run(
            'explain',
            Ways::question($peers->asked()) + $policy->dropping()->toRequest() + StandIn::toRequest()
        )->data->objects('addresses');
        $countries = array_map(static fn (Fields $answer): string => $answer->string('country'), $answers);
        $countries = array_unique(array_filter($countries, static fn (string $country): bool => $country !== ''));
        sort($countries);

        return new self($countries, $peers->by($answers));
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Peers;

use Modules\ModuleGeoIP\Lib\Basics\Fields;

/**
 * Whether an administrator could come to the page anew.
 */
final class OwnWay
{
    public function __construct(private readonly Viewer $viewer)
    {
    }

    /**
     * What the helper is asked: `explain` answers by the policy, `status` by what is in force now.
     *
     * @return array<string, mixed>
     */
    public function question(): array
    {
        if (!$this->viewer->isElsewhere()) {
            return Question::of([]);
        }
        $address = $this->viewer->address;
        $ways = array_map(static fn (Way $way): array => $way->from($address), Ways::ofBrowser($this->viewer));

        return Question::of($ways ?: [$address]);
    }

    /**
     * True if the web interface is closed to whoever asks.
     *
     * @param Fields $answer the data of the helper's reply
     */
    public function isCutBy(Fields $answer): bool
    {
        foreach ($answer->objects('addresses') as $one) {
            if ($one->flag('is_cut_off')) {
                return true;
            }
        }

        return false;
    }
}

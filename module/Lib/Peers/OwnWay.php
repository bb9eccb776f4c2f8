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
    private readonly Affected $own;

    public function __construct(Viewer $viewer)
    {
        $this->own = Affected::alone($viewer);
    }

    /**
     * What the helper is asked: `explain` answers by the policy, `status` by what is in force now.
     *
     * @return array{addresses: list<string|array{address: string, protocol: string, port: int}>, rules: bool}
     */
    public function question(): array
    {
        return Ways::question($this->own->asked());
    }

    /**
     * True if the web interface is closed to whoever asks.
     *
     * @param Fields $answer the data of the helper's reply
     */
    public function isCutBy(Fields $answer): bool
    {
        return $this->own->by($answer->objects('addresses')) !== [];
    }
}

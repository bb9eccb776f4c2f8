<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

/**
 * Every test has a PBX of its own, with the module installed and enabled.
 */
abstract class EnabledModuleTestCase extends PbxTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->pbx->installAndEnable();
    }
}

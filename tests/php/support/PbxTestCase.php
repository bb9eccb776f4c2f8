<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use PHPUnit\Framework\TestCase;

/**
 * Every test has a PBX of its own. The module is not on it yet.
 */
abstract class PbxTestCase extends TestCase
{
    protected Pbx $pbx;

    protected function setUp(): void
    {
        $this->pbx = new Pbx();
    }

    protected function tearDown(): void
    {
        $this->pbx->destroy();
    }
}

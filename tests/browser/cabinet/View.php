<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use stdClass;

/**
 * The variables of a template, and which template it is: what Phalcon's view is to a controller.
 */
final class View extends stdClass
{
    private string $template = '';

    public function pick(string $template): void
    {
        $this->template = $template;
    }

    /**
     * The path of the picked template below the module's views.
     */
    public function template(): string
    {
        return explode('/', $this->template, 3)[2];
    }
}

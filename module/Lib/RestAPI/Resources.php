<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

/**
 * The module's resources: one for each folder beside this file.
 */
final class Resources
{
    public const PATH = '/pbxcore/api/v3/module-geo-i-p/';

    /** Where requests bring what somebody wrote: notes, lists and where these are published. */
    public const TAKING_TEXTS = [
        self::PATH . 'policy',
        self::PATH . 'policy:preview',
        self::PATH . 'policy:affected',
        self::PATH . 'policy:check',
        self::PATH . 'lists:download',
    ];

    /**
     * @return array<string, class-string<ResourceProcessor>> the processors by the paths of their resources
     */
    public static function all(): array
    {
        $processors = [];
        foreach (glob(__DIR__ . '/*/Processor.php') ?: [] as $file) {
            $folder = basename(dirname($file));
            $processor = __NAMESPACE__ . "\\$folder\\Processor";
            if (is_subclass_of($processor, ResourceProcessor::class)) {
                $processors[self::PATH . strtolower($folder)] = $processor;
            }
        }

        return $processors;
    }
}

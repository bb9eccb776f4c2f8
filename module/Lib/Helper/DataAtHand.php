<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Helper;

use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * Sees to it that there is data to compute a policy from, without the network.
 */
final class DataAtHand
{
    /** The source that the zip carries a copy of. */
    public const BUNDLED = 'dbip';

    public function __construct(private readonly Helper $helper)
    {
    }

    /**
     * The wanted source if its data is on disk or in the zip; else one that can stand in until it has been fetched.
     *
     * An administrator who chose a source without data yet wants a filter by other data rather than none.
     *
     * @param null|string $damaged a source whose data on disk turned out to be of no use
     * @throws HelperError when there is no data of any source
     */
    public function sourceFor(string $wanted, ?string $damaged = null): string
    {
        $status = $this->helper->run('status', ['quick' => true]);
        $onDisk = array_values(array_diff($status->sourcesOnDisk(), [$damaged]));
        if (in_array($wanted, $onDisk, true) || $this->compileBundle($wanted)) {
            return $wanted;
        }
        if (in_array(self::BUNDLED, $onDisk, true) || $this->compileBundle(self::BUNDLED)) {
            return self::BUNDLED;
        }

        return $onDisk[0] ?? throw new HelperError('database.missing', "there is no data of $wanted");
    }

    /**
     * Compiles the zip's copy of the data; false if there is none or it cannot be used.
     */
    private function compileBundle(string $source): bool
    {
        $bundle = Module::bundle($source);
        if ($bundle === null) {
            return false;
        }
        try {
            $this->helper->run('update', ['source' => $source, 'bundle' => $bundle, 'online' => 'never']);
        } catch (HelperError $error) {
            if ($error->isBusy()) {
                throw $error;
            }
            Log::warning("the data that came with the module cannot be used: {$error->getMessage()}");

            return false;
        }

        return true;
    }
}

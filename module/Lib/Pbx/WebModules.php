<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Pbx;

use MikoPBX\Common\Models\PbxExtensionModules;

/**
 * Modules that phones, people or other services reach through the web interface.
 */
final class WebModules
{
    private const IDS = [
        'ModuleAmoCrm',
        'ModuleAutoDialer',
        'ModuleAutoprovision',
        'ModuleBitrix24Integration',
        'ModuleCTIClient',
        'ModuleCTIClientV5',
        'ModuleMegafonPbx',
        'ModuleMtsPbx',
        'ModulePhoneBook',
        'ModulePT1CCore',
        'ModuleSoftphoneBackend',
    ];

    /**
     * Those of them that are switched on, as Core names them.
     *
     * @return list<string>
     */
    public static function names(): array
    {
        $names = [];
        $modules = PbxExtensionModules::find();
        foreach (is_iterable($modules) ? $modules : [] as $module) {
            if (
                $module instanceof PbxExtensionModules
                && $module->disabled === '0'
                && in_array($module->uniqid, self::IDS, true)
            ) {
                $names[] = (string)$module->name ?: $module->uniqid;
            }
        }

        return $names;
    }
}

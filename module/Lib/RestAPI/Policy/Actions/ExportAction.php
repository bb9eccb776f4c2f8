<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions;

use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\StandIn;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * What the saved policy blocks, as a file for another firewall: itself, or what is to know about it.
 */
final class ExportAction implements Action
{
    /** The names of the files by their formats. */
    public const FILES = [
        'ipset' => 'geoip.ipset',
        'nft' => 'geoip.nft',
        'cidr' => 'geoip.txt',
        'routeros' => 'geoip.rsc',
    ];

    public const NETWORKS = ['host', 'bridge'];

    public const FAMILIES = ['v4', 'v6'];

    public function run(RestRequest $request): array
    {
        $format = $request->choice('format', array_keys(self::FILES));
        $network = $request->choice('network', self::NETWORKS, 'host');
        $family = $request->has('family') ? $request->choice('family', self::FAMILIES) : null;
        $name = str_replace('.', $family === 'v6' ? '-v6.' : '.', self::FILES[$format] ?? $format);
        // Core reads it when we are done. The next one like it takes its place.
        $file = Module::exportFile(implode('-', [$format, $network, $family ?? 'all']));
        $reply = Helper::installed()->run('export', [
            'format' => $format,
            'network' => $network,
            'family' => $family,
            'file' => $file,
            'wanted' => (new PolicyStore())->policy()->toRequest() + StandIn::toRequest(),
        ]);
        if ($request->flag('describe')) {
            return [
                'warnings' => ErrorText::ofWarnings($reply->warnings),
                'name' => $name,
            ] + array_diff_key($reply->data->all(), ['file' => true]);
        }

        return ['fpassthru' => [
            'filename' => $file,
            'content_type' => 'text/plain; charset=utf-8',
            'download_name' => $name,
        ]];
    }
}

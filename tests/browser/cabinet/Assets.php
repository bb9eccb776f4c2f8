<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * Where the files behind the cabinet's URLs lie: the module's own, the libraries' packages, doubles of Core's scripts.
 *
 * With GEOIP_CORE_SOURCE naming a checkout of Core, its files stand where doubles and packages would.
 */
final class Assets
{
    public const PREFIX = '/admin-cabinet/assets/';

    private const TYPES = [
        'css' => 'text/css', 'js' => 'text/javascript', 'json' => 'application/json', 'svg' => 'image/svg+xml',
        'png' => 'image/png', 'woff2' => 'font/woff2', 'woff' => 'font/woff', 'ttf' => 'font/ttf',
    ];

    /** Components that Core has from another package than Semantic UI. */
    private const PACKAGES = [
        'dropdown' => 'fomantic-dropdown',
        'icon' => 'fomantic-icons',
        'toast' => 'fomantic-toast',
    ];

    /**
     * Sends a file; false if there is none of this name.
     */
    public static function send(string $path): bool
    {
        $name = substr($path, strlen(self::PREFIX));
        $files = str_contains($name, '..') ? [] : array_filter(self::files($name), is_file(...));
        if ($files === []) {
            return false;
        }
        $type = pathinfo($name, PATHINFO_EXTENSION);
        header('Content-Type: ' . (self::TYPES[$type] ?? 'application/octet-stream'));
        $content = implode("\n", array_map(file_get_contents(...), $files));
        // Core serves its own copy of the font; the package would get it from the network.
        echo $type === 'css' ? preg_replace('/@import url\([^)]*\);/', '', $content) : $content;

        return true;
    }

    /**
     * @return list<string>
     */
    private static function files(string $name): array
    {
        if (preg_match('~^(js|css|img)/cache/' . Module::ID . '/(.+)$~D', $name, $found) === 1) {
            $public = Module::directory() . '/public';
            $made = dirname(__DIR__, 3) . '/target/page/public';
            // Where the page is being written, its source holds only what is written by hand.
            $root = is_link($public) && is_file("$made/assets/$found[1]/$found[2]") ? $made : $public;

            return ["$root/assets/$found[1]/$found[2]"];
        }
        $core = getenv('GEOIP_CORE_SOURCE');
        if (is_string($core) && $core !== '') {
            return ["$core/sites/admin-cabinet/assets/$name"];
        }

        return self::package($name) ?: [__DIR__ . "/assets/$name"];
    }

    /**
     * @return list<string>
     */
    private static function package(string $name): array
    {
        $packages = dirname(__DIR__) . '/node_modules';
        if (preg_match('~^(?:js|css)/vendor/semantic/(\w+)\.min\.(?:js|css)$~D', $name, $found) === 1) {
            return ["$packages/" . (self::PACKAGES[$found[1]] ?? 'semantic-ui-css') . '/components/' . basename($name)];
        }
        if (preg_match('~^css/vendor/themes/(.+)$~D', $name, $found) === 1) {
            $fonts = str_contains($name, '/fonts/') ? 'fomantic-icons' : 'semantic-ui-css';

            return ["$packages/$fonts/themes/$found[1]"];
        }

        return $name === 'js/vendor/jquery.min.js' ? ["$packages/jquery/dist/jquery.min.js"] : [];
    }
}

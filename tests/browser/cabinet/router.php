<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use MikoPBX\Core\System\World;

// The admin cabinet and the REST API of a PBX of the tests, for PHP's built-in server.

require_once 'Globals.php';
require_once dirname(__DIR__, 2) . '/php/bootstrap.php';
spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . substr(strtr($class, '\\', '/'), strlen('GeoIpTests/Browser')) . '.php';
    if (str_starts_with($class, __NAMESPACE__ . '\\') && is_file($file)) {
        require_once $file;
    }
});
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    return (error_reporting() & $level) === 0 || throw new \ErrorException($message, 0, $level, $file, $line);
});

/** The strictest policy under which the module's page must work; Core's own is none. */
const SECURITY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    . "font-src 'self' data:; connect-src 'self' ws:; base-uri 'none'; form-action 'none'";

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$language = preg_replace('/\W/', '', $_COOKIE['language'] ?? 'en');
putenv("GEOIP_TEST_LANGUAGE=$language");

$query = (string)parse_url($_SERVER['REQUEST_URI'], PHP_URL_QUERY);
$body = (string)file_get_contents('php://input');

if (WebFirewall::refuses($_SERVER['REQUEST_METHOD'], $path, $query, $body)) {
    http_response_code(403);
    header('Content-Type: text/html');
    echo 'Security violation detected';
} elseif (str_starts_with($path, Rest::PREFIX)) {
    [$status, $answer] = Rest::answer($_SERVER['REQUEST_METHOD'], $path);
    http_response_code($status);
    $file = $answer['data']['fpassthru'] ?? null;
    header('Content-Type: ' . ($file['content_type'] ?? 'application/json'));
    if ($file === null) {
        echo json_encode($answer, JSON_THROW_ON_ERROR);
    } else {
        header("Content-Disposition: attachment; filename=\"{$file['download_name']}\"");
        readfile($file['filename']);
    }
} elseif (preg_match('~^/admin-cabinet/module-geo-i-p/module-geo-i-p(/index)?/?$~D', $path) === 1) {
    header('Content-Type: text/html; charset=utf-8');
    header('Content-Security-Policy: ' . SECURITY);
    echo (new Page($language))->render();
} elseif (str_starts_with($path, Assets::PREFIX . 'js/cache/localization-')) {
    header('Content-Type: text/javascript');
    $words = World::messages() + require __DIR__ . '/words.php';
    echo 'const globalTranslateArray = ', json_encode($words, JSON_THROW_ON_ERROR), ';';
} elseif ($path === '/harness/globals.js') {
    // What Core's page has in a script of its own.
    header('Content-Type: text/javascript');
    foreach (
        [
            'globalTranslate' => '',
            'globalPBXVersion' => '2026.1.223',
            'globalRootUrl' => '/admin-cabinet/',
            'globalDebugMode' => '',
            'globalPBXLicense' => '',
            'globalModuleUniqueId' => 'ModuleGeoIP',
            'globalLastSentryEventId' => '',
            'globalWebAdminLanguage' => $language,
            'globalCurrentPage' => 'ModuleGeoIP/ModuleGeoIP/index',
        ] as $name => $value
    ) {
        echo "var $name = ", json_encode($value), ";\n";
    }
} elseif (!str_starts_with($path, Assets::PREFIX) || !Assets::send($path)) {
    http_response_code(404);
}

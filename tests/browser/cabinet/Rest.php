<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use GeoIpTests\Support\Core;
use GeoIpTests\Support\Routes;
use MikoPBX\Common\Providers\EventBusProvider;
use MikoPBX\Core\System\World;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * The way of a request through Core's REST API to the module's processors, and of the answer back.
 */
final class Rest
{
    public const PREFIX = '/pbxcore/api/v3/';

    private const TOKEN = 'token-of-the-harness';

    private const LOST_BEFORE = 'before';
    private const LOST_AFTER = 'after';

    /**
     * @return array{int, array<string, mixed>} the HTTP status and the answer
     */
    public static function answer(string $verb, string $path): array
    {
        if ($path === self::PREFIX . 'auth:refresh') {
            return self::success(['accessToken' => self::TOKEN, 'expiresIn' => 900]);
        }
        if (($_SERVER['HTTP_AUTHORIZATION'] ?? '') !== 'Bearer ' . self::TOKEN) {
            return self::failure(401, 'The user isn\'t authenticated.');
        }
        if (preg_match('~/modules/' . Module::ID . ':(enable|disable)$~D', $path, $found) === 1) {
            return self::switch($found[1]);
        }

        return self::module($verb, $path);
    }

    /**
     * @return array{int, array<string, mixed>}
     */
    private static function module(string $verb, string $path): array
    {
        [$resource, $method] = explode(':', $path, 2) + ['', ''];
        foreach (Routes::all() as $route) {
            $isCustom = !in_array($route['action'], ['getList', 'update', 'patch', 'create', 'delete'], true);
            $action = $isCustom ? $route['action'] : '';
            // Core knows the routes of enabled modules only, and those a moment late.
            $isKnown = Module::isEnabled() && !is_file(World::path('routes-unknown'));
            if ($isKnown && [$resource, $method, $verb] === [$route['path'], $action, $route['verb']]) {
                $session = ['remote_addr' => self::remoteAddress(), 'user_name' => 'admin'];
                $lost = self::takeLoss($verb);
                if ($lost === self::LOST_BEFORE) {
                    return self::lost();
                }
                $result = (new Core())->rest(
                    basename(dirname(str_replace('\\', '/', $route['processor']))),
                    $route['action'],
                    self::sent() + ['httpMethod' => $verb],
                    $session
                );

                return $lost === self::LOST_AFTER
                    ? self::lost()
                    : [$result['httpCode'] ?? ($result['result'] ? 200 : 422), $result];
            }
        }

        return [404, [
            'success' => false,
            'messages' => ['error' => ["Endpoint not found: $path"]],
            'data' => null,
        ]];
    }

    /**
     * Whether the next request of this verb gets lost with the worker that takes it: before or after it has done it.
     */
    private static function takeLoss(string $verb): string
    {
        $file = World::path("lost-$verb");
        $when = is_file($file) ? (string)file_get_contents($file) : '';
        if ($when !== '') {
            unlink($file);
        }

        return $when;
    }

    /**
     * What Core says then, after half a minute.
     *
     * @return array{int, array<string, mixed>}
     */
    private static function lost(): array
    {
        return self::failure(400, 'Request timeout or worker not responding');
    }

    /**
     * Core switches modules in the background and tells the browser by an event.
     *
     * @return array{int, array<string, mixed>}
     */
    private static function switch(string $action): array
    {
        $core = new Core();
        $action === 'enable' ? $core->enable() : $core->disable();
        (new EventBusProvider())->publish('module-status', [
            'moduleUniqueId' => Module::ID,
            'stage' => $action === 'enable' ? 'Stage_I_ModuleEnable' : 'Stage_I_ModuleDisable',
            'stageDetails' => ['result' => true, 'data' => [], 'messages' => []],
        ]);

        return self::success([]);
    }

    /**
     * @return array<array-key, mixed>
     */
    private static function sent(): array
    {
        $body = (string)file_get_contents('php://input');
        $isJson = str_contains($_SERVER['CONTENT_TYPE'] ?? '', 'json');
        parse_str($body, $form);

        return self::cleaned($_GET + ($isJson ? (array)json_decode($body, true) : $form));
    }

    /**
     * Core leaves of a text that begins with http what an address may have.
     *
     * @param array<array-key, mixed> $sent
     * @return array<array-key, mixed>
     */
    private static function cleaned(array $sent): array
    {
        return array_map(static fn (mixed $value): mixed => match (true) {
            is_array($value) => self::cleaned($value),
            is_string($value) && stripos($value, 'http') === 0 => filter_var($value, FILTER_SANITIZE_URL),
            is_string($value) => trim($value),
            default => $value,
        }, $sent);
    }

    /**
     * Whom the browser would come from on a real network: the harness itself has loopback only.
     */
    public static function remoteAddress(): string
    {
        return $_COOKIE['remote-address'] ?? '198.51.100.7';
    }

    /**
     * @param array<string, mixed> $data
     * @return array{int, array<string, mixed>}
     */
    private static function success(array $data): array
    {
        return [200, ['result' => true, 'data' => $data, 'messages' => []]];
    }

    /**
     * @return array{int, array<string, mixed>}
     */
    private static function failure(int $status, string $message): array
    {
        return [$status, ['result' => false, 'data' => [], 'messages' => ['error' => [$message]]]];
    }
}

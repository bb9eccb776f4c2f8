<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use MikoPBX\Common\Handlers\CriticalErrorsHandler;
use MikoPBX\Common\Providers\TranslationProvider;
use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Settings\Conflict;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Throwable;

/**
 * Leads a resource's requests to their actions, and what these throw to a status and a sentence.
 */
final class Dispatcher
{
    /**
     * @param array<array-key, mixed> $request as Core hands it to a processor
     * @param array<string, class-string<Action>> $actions
     */
    public static function run(array $request, array $actions, string $processor): PBXApiResult
    {
        OlderWorker::catchUp();
        $result = new PBXApiResult();
        $result->processor = $processor;
        $result->function = (new Fields($request))->string('action');
        $action = $actions[$result->function] ?? null;
        if ($action === null) {
            return self::failed($result, 404, TranslationProvider::translate('module_geoip_unknown_action'));
        }
        try {
            $result->data = (new $action())->run(RestRequest::fromCore($request));
            $result->success = true;
            $result->httpCode = 200;

            return $result;
        } catch (InvalidInput $error) {
            $result->data = ['error' => ['code' => 'request.invalid', 'field' => $error->field]];

            return self::failed($result, 422, $error->getMessage());
        } catch (Conflict $error) {
            return self::failed($result, 409, $error->getMessage());
        } catch (HelperError $error) {
            $result->data = ['error' => $error->toArray()];

            return self::failed($result, self::statusOf($error), ErrorText::ofError($error));
        } catch (Throwable $error) {
            CriticalErrorsHandler::handleExceptionWithSyslog($error);

            return self::failed($result, 500, TranslationProvider::translate('module_geoip_failed'));
        }
    }

    private static function failed(PBXApiResult $result, int $status, string $message): PBXApiResult
    {
        $result->success = false;
        $result->httpCode = $status;
        $result->messages = ['error' => [$message]];

        return $result;
    }

    private static function statusOf(HelperError $error): int
    {
        return match (true) {
            $error->isRefusal() => 422,
            $error->isDataMissing(), $error->isOver() => 409,
            $error->isBusy(), $error->isFirewallMissing() => 503,
            default => 500,
        };
    }
}

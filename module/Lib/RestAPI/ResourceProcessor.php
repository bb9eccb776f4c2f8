<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Lib\PBXApiResult;
use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Pbx\Log;
use Modules\ModuleGeoIP\Lib\Pbx\Words;
use Modules\ModuleGeoIP\Lib\Settings\Conflict;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Phalcon\Di\Injectable;
use ReflectionMethod;
use Throwable;

/**
 * Takes a resource's requests from Core, runs the action of each, and turns what it throws into a status and a text.
 */
abstract class ResourceProcessor extends Injectable
{
    /** @var array<string, class-string<Action>> the operations that change nothing */
    public const READING = [];

    /** @var array<string, class-string<Action>> the operations that change something */
    public const CHANGING = [];

    /**
     * @param array<string, mixed> $request as Core hands it over
     */
    public static function callBack(array $request): PBXApiResult
    {
        OlderWorker::catchUp();
        $operation = (new Fields($request))->string('action');
        $result = new PBXApiResult();
        $result->processor = static::class;
        $result->function = $operation;
        $action = static::READING[$operation] ?? static::CHANGING[$operation] ?? null;
        if ($action === null) {
            return self::failed($result, 404, Words::of('module_geoip_unknown_action'));
        }
        try {
            $sent = RestRequest::fromCore($request);
            self::checkFields($operation, $sent);
            $result->data = self::done(new $action(), $sent);
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

            return self::failed($result, self::statusOf($error), self::textOf($error));
        } catch (Throwable $error) {
            Log::unforeseen($error);

            return self::failed($result, 500, Words::of('module_geoip_failed'));
        }
    }

    /**
     * @return array<array-key, mixed>
     * @throws InvalidInput|HelperError
     */
    private static function done(Action $action, RestRequest $request): array
    {
        try {
            return $action->run($request);
        } catch (HelperError $error) {
            throw InvalidInput::ofRefusal($error);
        }
    }

    /**
     * Refuses requests without a required field, and fields that the operation does not describe: a misspelt field must
     * not count as one left out.
     */
    private static function checkFields(string $operation, RestRequest $request): void
    {
        $controller = substr(static::class, 0, -strlen('Processor')) . 'Controller';
        $known = [];
        foreach ((new ReflectionMethod($controller, $operation))->getAttributes(ApiParameterRef::class) as $attribute) {
            $parameter = new Fields($attribute->getArguments());
            $known[$parameter->string('0')] = $parameter->flag('required');
        }
        foreach (array_keys($request->fields) as $field) {
            if (!array_key_exists($field, $known)) {
                throw new InvalidInput((string)$field, 'unknown_field');
            }
        }
        foreach (array_keys(array_filter($known)) as $field) {
            if (!array_key_exists($field, $request->fields)) {
                throw new InvalidInput($field, 'missing');
            }
        }
    }

    private static function failed(PBXApiResult $result, int $status, string $message): PBXApiResult
    {
        $result->success = false;
        $result->httpCode = $status;
        $result->messages = ['error' => [$message]];

        return $result;
    }

    /**
     * Whoever sent a request that cannot be right has to know what of it cannot.
     */
    private static function textOf(HelperError $error): string
    {
        return $error->isRefusal() ? ErrorText::withDetail($error) : ErrorText::ofError($error);
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

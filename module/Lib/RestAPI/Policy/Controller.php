<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * What the administrator wants dropped.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/policy',
    tags: ['GeoIP Filter'],
    description: 'What the administrator wants dropped',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList'],
        'PUT' => ['update'],
        'PATCH' => ['patch'],
        'POST' => ['preview', 'confirm', 'undo'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['getList', 'update', 'patch', 'preview', 'confirm', 'undo'],
    customMethods: ['preview', 'confirm', 'undo'],
    idPattern: ''
)]
#[ResourceSecurity(
    'module-geo-i-p-policy',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'The saved policy', operationId: 'getGeoIpPolicy')]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    public function getList(): void
    {
    }

    #[ApiOperation(summary: 'Saves a policy and puts it in force', operationId: 'saveGeoIpPolicy')]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(409, 'rest_response_409_conflict')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function update(): void
    {
    }

    #[ApiOperation(
        summary: 'Changes some fields of the policy, or what the page lists',
        operationId: 'patchGeoIpPolicy'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(409, 'rest_response_409_conflict')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function patch(): void
    {
    }

    #[ApiOperation(
        summary: 'What a policy would do, and to whom, without saving it',
        operationId: 'previewGeoIpPolicy'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function preview(): void
    {
    }

    #[ApiOperation(
        summary: 'Lets a change stay that had to be confirmed; only from where the policy lets in',
        operationId: 'confirmGeoIpPolicy'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(409, 'rest_response_409_conflict')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function confirm(): void
    {
    }

    #[ApiOperation(
        summary: 'Brings the policy before an unconfirmed change back',
        operationId: 'undoGeoIpPolicy'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(409, 'rest_response_409_conflict')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function undo(): void
    {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * Getting new data.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/update',
    tags: ['GeoIP Filter'],
    description: 'Getting new data',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList'],
        'POST' => ['start'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['getList', 'start'],
    customMethods: ['start'],
    idPattern: ''
)]
#[ResourceSecurity(
    'module-geo-i-p-update',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'The running or the last update', operationId: 'getGeoIpUpdate')]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    public function getList(): void
    {
    }

    #[ApiOperation(summary: 'Starts an update, or joins the one that runs', operationId: 'startGeoIpUpdate')]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function start(): void
    {
    }
}

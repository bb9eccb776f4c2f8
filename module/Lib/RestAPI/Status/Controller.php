<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * What is in force.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/status',
    tags: ['GeoIP Filter'],
    description: 'What is in force',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList'],
        'POST' => ['repair'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['getList', 'repair'],
    customMethods: ['repair'],
    idPattern: ''
)]
#[ResourceSecurity(
    'module-geo-i-p-status',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'What is in force, as read from the kernel', operationId: 'getGeoIpStatus')]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    public function getList(): void
    {
    }

    #[ApiOperation(
        summary: 'Puts back in force what somebody removed from the kernel',
        operationId: 'repairGeoIpFilter'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(503, 'The filter cannot be asked at the moment')]
    public function repair(): void
    {
    }
}

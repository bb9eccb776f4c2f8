<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * What the filter dropped, or only counted.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/activity',
    tags: ['GeoIP Filter'],
    description: 'What the filter dropped, or only counted',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['getList'],
    customMethods: [],
    idPattern: ''
)]
#[ResourceSecurity(
    'module-geo-i-p-activity',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Packets of the last hours that were dropped or counted, by time, country and address',
        operationId: 'getGeoIpActivity'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    #[ApiResponse(503, 'The filter cannot be asked at the moment')]
    public function getList(): void
    {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * Single addresses.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/addresses',
    tags: ['GeoIP Filter'],
    description: 'Single addresses',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['explain'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['explain'],
    customMethods: ['explain'],
    idPattern: ''
)]
#[ResourceSecurity(
    'module-geo-i-p-addresses',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Where addresses belong by every source, whether they are dropped, and why',
        operationId: 'explainGeoIpAddresses'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(409, 'rest_response_409_conflict')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    public function explain(): void
    {
    }
}

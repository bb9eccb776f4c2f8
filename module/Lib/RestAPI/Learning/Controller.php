<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning;

use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * What switching a learning filter on would do.
 *
 * Routes are made from the attributes; the methods stand for the operations in the API's documentation.
 */
#[ApiResource(
    path: '/pbxcore/api/v3/module-geo-i-p/learning',
    tags: ['GeoIP Filter'],
    description: 'What switching a learning filter on would do',
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
    'module-geo-i-p-learning',
    requirements: [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN]
)]
class Controller extends BaseRestController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'What a learning filter would have dropped, whom it would cut off, and where phones and providers are',
        operationId: 'getGeoIpLearning'
    )]
    #[ApiResponse(200, 'rest_response_200_get')]
    #[ApiResponse(401, 'rest_response_401_unauthorized')]
    #[ApiResponse(422, 'rest_response_422_validation')]
    #[ApiResponse(503, 'The filter cannot be asked at the moment')]
    public function getList(): void
    {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Activity;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * What the filter dropped, or only counted.
 */
#[ApiResource(
    path: self::PATH . 'activity',
    tags: self::TAGS,
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
#[ResourceSecurity(self::NAME . 'activity', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Packets of the last hours that were dropped or counted, by time, country and address',
        operationId: 'getGeoIpActivity'
    )]
    #[ApiParameterRef('hours')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpActivity')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    #[ApiResponse(503, self::UNAVAILABLE)]
    public function getList(): void
    {
    }
}

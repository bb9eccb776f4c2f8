<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Status;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * What is in force.
 */
#[ApiResource(
    path: self::PATH . 'status',
    tags: self::TAGS,
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
#[ResourceSecurity(self::NAME . 'status', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'What is in force, as read from the kernel', operationId: 'getGeoIpStatus')]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpStatus')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    public function getList(): void
    {
    }

    #[ApiOperation(
        summary: 'Puts back in force what somebody removed from the kernel',
        operationId: 'repairGeoIpFilter'
    )]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpStatus')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(503, self::UNAVAILABLE)]
    public function repair(): void
    {
    }
}

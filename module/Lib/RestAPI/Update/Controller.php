<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Update;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * Getting new data.
 */
#[ApiResource(
    path: self::PATH . 'update',
    tags: self::TAGS,
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
#[ResourceSecurity(self::NAME . 'update', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'The running or the last update', operationId: 'getGeoIpUpdate')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpUpdate')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    public function getList(): void
    {
    }

    #[ApiOperation(summary: 'Starts an update, or joins the one that runs', operationId: 'startGeoIpUpdate')]
    #[ApiParameterRef('force')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpUpdate')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    public function start(): void
    {
    }
}

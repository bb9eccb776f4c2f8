<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Learning;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * What switching a learning filter on would do.
 */
#[ApiResource(
    path: self::PATH . 'learning',
    tags: self::TAGS,
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
#[ResourceSecurity(self::NAME . 'learning', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'What a learning filter would have dropped, whom it would cut off, and where phones and providers are',
        operationId: 'getGeoIpLearning'
    )]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpLearning')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    #[ApiResponse(503, self::UNAVAILABLE)]
    public function getList(): void
    {
    }
}

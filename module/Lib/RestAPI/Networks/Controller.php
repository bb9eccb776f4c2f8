<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Networks;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * Networks that can be blocked, and what is known of them.
 */
#[ApiResource(
    path: self::PATH . 'networks',
    tags: self::TAGS,
    description: 'Networks that can be blocked, and what is known of them',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList'],
        'POST' => ['download'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: ['getList', 'download'],
    customMethods: ['download'],
    idPattern: ''
)]
#[ResourceSecurity(self::NAME . 'networks', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Networks by name or number, those that the policy blocks, and presets',
        operationId: 'listGeoIpNetworks'
    )]
    #[ApiParameterRef('search')]
    #[ApiParameterRef('numbers')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpNetworks')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    public function getList(): void
    {
    }

    #[ApiOperation(
        summary: 'Starts a download of the data that tells networks',
        operationId: 'downloadGeoIpNetworks'
    )]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpNetworks')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    public function download(): void
    {
    }
}

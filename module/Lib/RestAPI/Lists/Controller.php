<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Lists;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * Block lists that can be had, and what is kept of them.
 */
#[ApiResource(
    path: self::PATH . 'lists',
    tags: self::TAGS,
    description: 'Block lists that can be had, and what is kept of them',
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
#[ResourceSecurity(self::NAME . 'lists', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Block lists with their terms, and what is kept of each',
        operationId: 'listGeoIpLists'
    )]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpLists')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    public function getList(): void
    {
    }

    #[ApiOperation(
        summary: 'Downloads lists that are about to be used, so that can be told whom they would cut off',
        operationId: 'downloadGeoIpLists'
    )]
    #[ApiParameterRef('lists', required: true)]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpLists')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    public function download(): void
    {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * Single addresses.
 */
#[ApiResource(
    path: self::PATH . 'addresses',
    tags: self::TAGS,
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
#[ResourceSecurity(self::NAME . 'addresses', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Where addresses belong by every source, whether they are dropped, and why',
        operationId: 'explainGeoIpAddresses'
    )]
    #[ApiParameterRef('address', required: true)]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpAddresses')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function explain(): void
    {
    }
}

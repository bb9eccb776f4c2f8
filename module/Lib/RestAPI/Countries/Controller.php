<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Countries;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * Countries and what the filter does with them.
 */
#[ApiResource(
    path: self::PATH . 'countries',
    tags: self::TAGS,
    description: 'Countries and what the filter does with them',
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
#[ResourceSecurity(self::NAME . 'countries', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(
        summary: 'Countries, whether the policy drops them, and what the source holds of each',
        operationId: 'listGeoIpCountries'
    )]
    #[ApiParameterRef('source')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpCountries')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    public function getList(): void
    {
    }
}

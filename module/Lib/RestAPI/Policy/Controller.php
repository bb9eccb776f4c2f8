<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use MikoPBX\PBXCoreREST\Attributes\ApiDataSchema;
use MikoPBX\PBXCoreREST\Attributes\ApiOperation;
use MikoPBX\PBXCoreREST\Attributes\ApiParameterRef;
use MikoPBX\PBXCoreREST\Attributes\ApiResource;
use MikoPBX\PBXCoreREST\Attributes\ApiResponse;
use MikoPBX\PBXCoreREST\Attributes\HttpMapping;
use MikoPBX\PBXCoreREST\Attributes\ResourceSecurity;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceController;

/**
 * What the administrator wants dropped.
 */
#[ApiResource(
    path: self::PATH . 'policy',
    tags: self::TAGS,
    description: 'What the administrator wants dropped',
    processor: Processor::class
)]
#[HttpMapping(
    mapping: [
        'GET' => ['getList', 'export'],
        'PUT' => ['update'],
        'PATCH' => ['patch'],
        'POST' => ['preview', 'affected', 'check', 'confirm', 'undo', 'revoke'],
    ],
    resourceLevelMethods: [],
    collectionLevelMethods: [
        'getList', 'update', 'patch', 'preview', 'affected', 'check', 'export', 'confirm', 'undo', 'revoke',
    ],
    customMethods: ['preview', 'affected', 'check', 'export', 'confirm', 'undo', 'revoke'],
    idPattern: ''
)]
#[ResourceSecurity(self::NAME . 'policy', requirements: self::REQUIREMENTS)]
class Controller extends ResourceController
{
    protected string $processorClass = Processor::class;

    #[ApiOperation(summary: 'The saved policy', operationId: 'getGeoIpPolicy')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpPolicy')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    public function getList(): void
    {
    }

    #[ApiOperation(summary: 'Saves a policy and puts it in force', operationId: 'saveGeoIpPolicy')]
    #[ApiParameterRef('source', required: true)]
    #[ApiParameterRef('mode', required: true)]
    #[ApiParameterRef('countries', required: true)]
    #[ApiParameterRef('exceptions')]
    #[ApiParameterRef('unknown')]
    #[ApiParameterRef('action')]
    #[ApiParameterRef('admin')]
    #[ApiParameterRef('keepPhones')]
    #[ApiParameterRef('lists')]
    #[ApiParameterRef('networks')]
    #[ApiParameterRef('revision')]
    #[ApiParameterRef('confirm')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpPolicy')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function update(): void
    {
    }

    #[ApiOperation(
        summary: 'Changes some fields of the policy, or what the page remembers',
        operationId: 'patchGeoIpPolicy'
    )]
    #[ApiParameterRef('source')]
    #[ApiParameterRef('mode')]
    #[ApiParameterRef('countries')]
    #[ApiParameterRef('exceptions')]
    #[ApiParameterRef('unknown')]
    #[ApiParameterRef('action')]
    #[ApiParameterRef('admin')]
    #[ApiParameterRef('keepPhones')]
    #[ApiParameterRef('lists')]
    #[ApiParameterRef('networks')]
    #[ApiParameterRef('revision')]
    #[ApiParameterRef('confirm')]
    #[ApiParameterRef('statusFilter')]
    #[ApiParameterRef('confirmEvery')]
    #[ApiParameterRef('weeklySummary')]
    #[ApiParameterRef('networkSource')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpPolicy')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function patch(): void
    {
    }

    #[ApiOperation(
        summary: 'What a policy would put into the kernel, and what becomes of addresses, without saving it',
        operationId: 'previewGeoIpPolicy'
    )]
    #[ApiParameterRef('source')]
    #[ApiParameterRef('mode')]
    #[ApiParameterRef('countries')]
    #[ApiParameterRef('exceptions')]
    #[ApiParameterRef('unknown')]
    #[ApiParameterRef('action')]
    #[ApiParameterRef('admin')]
    #[ApiParameterRef('keepPhones')]
    #[ApiParameterRef('lists')]
    #[ApiParameterRef('networks')]
    #[ApiParameterRef('addresses')]
    #[ApiDataSchema(PreviewStructure::class, schemaName: 'GeoIpPreview')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function preview(): void
    {
    }

    #[ApiOperation(
        summary: 'Whom a policy would cut off of those who matter, without saving it',
        operationId: 'listGeoIpAffected'
    )]
    #[ApiParameterRef('source')]
    #[ApiParameterRef('mode')]
    #[ApiParameterRef('countries')]
    #[ApiParameterRef('exceptions')]
    #[ApiParameterRef('unknown')]
    #[ApiParameterRef('action')]
    #[ApiParameterRef('admin')]
    #[ApiParameterRef('keepPhones')]
    #[ApiParameterRef('lists')]
    #[ApiParameterRef('networks')]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(AffectedStructure::class, schemaName: 'GeoIpAffected')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    #[ApiResponse(503, self::UNAVAILABLE)]
    public function affected(): void
    {
    }

    #[ApiOperation(
        summary: 'How exceptions are written that somebody typed, or what is wrong with each, without saving them',
        operationId: 'checkGeoIpExceptions'
    )]
    #[ApiParameterRef('exceptions', required: true)]
    #[ApiDataSchema(CheckStructure::class, schemaName: 'GeoIpCheckedExceptions')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    public function check(): void
    {
    }

    #[ApiOperation(
        summary: 'What the saved policy blocks, as a file for another firewall',
        operationId: 'exportGeoIpPolicy'
    )]
    #[ApiParameterRef('format', required: true)]
    #[ApiParameterRef('network')]
    #[ApiParameterRef('family')]
    #[ApiParameterRef('describe')]
    #[ApiDataSchema(ExportStructure::class, schemaName: 'GeoIpExport')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function export(): void
    {
    }

    #[ApiOperation(
        summary: 'Lets a change stay that had to be confirmed; only from where the policy lets in',
        operationId: 'confirmGeoIpPolicy'
    )]
    #[ApiParameterRef('token', required: true)]
    #[ApiParameterRef('scheme')]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpPolicy')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function confirm(): void
    {
    }

    #[ApiOperation(summary: 'Brings the policy before an unconfirmed change back', operationId: 'undoGeoIpPolicy')]
    #[ApiParameterRef('token', required: true)]
    #[ApiDataSchema(DataStructure::class, schemaName: 'GeoIpPolicy')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(409, self::CONFLICT)]
    #[ApiResponse(422, self::INVALID)]
    public function undo(): void
    {
    }

    #[ApiOperation(
        summary: 'Ends what a phone gets in by because it is registered',
        operationId: 'revokeGeoIpPhone'
    )]
    #[ApiParameterRef('phone', required: true)]
    #[ApiParameterRef('address')]
    #[ApiDataSchema(RevokeStructure::class, schemaName: 'GeoIpRevoked')]
    #[ApiResponse(200, self::DONE)]
    #[ApiResponse(401, self::NO_TOKEN)]
    #[ApiResponse(422, self::INVALID)]
    #[ApiResponse(503, self::UNAVAILABLE)]
    public function revoke(): void
    {
    }
}

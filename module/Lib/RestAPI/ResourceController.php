<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI;

use MikoPBX\PBXCoreREST\Attributes\SecurityType;
use MikoPBX\PBXCoreREST\Controllers\BaseRestController;

/**
 * What the controllers of all resources have in common.
 *
 * Core makes routes and the documentation of its API from a controller's attributes. Its methods stand for the
 * operations and do nothing: each request goes to the resource's processor. The parameters that a method names by
 * `ApiParameterRef` are the fields that the operation takes, and no others.
 */
abstract class ResourceController extends BaseRestController
{
    protected const PATH = Resources::PATH;

    /** The resource's name in Core's rules of access. */
    protected const NAME = 'module-geo-i-p-';

    protected const TAGS = ['GeoIP Filter'];

    /** No route of the module is public. */
    protected const REQUIREMENTS = [SecurityType::LOCALHOST, SecurityType::BEARER_TOKEN];

    /** Answers, in Core's words. */
    protected const DONE = 'rest_response_200_get';
    protected const NO_TOKEN = 'rest_response_401_unauthorized';
    protected const CONFLICT = 'rest_response_409_conflict';
    protected const INVALID = 'rest_response_422_validation';

    protected const UNAVAILABLE = 'The filter cannot be asked at the moment';
}

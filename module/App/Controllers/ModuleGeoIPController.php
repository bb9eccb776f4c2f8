<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\App\Controllers;

use MikoPBX\AdminCabinet\Controllers\BaseController;
use MikoPBX\AdminCabinet\Providers\AssetProvider;
use Modules\ModuleGeoIP\Lib\Module;

/**
 * The module's page. It is filled and saved through the REST resources.
 */
class ModuleGeoIPController extends BaseController
{
    public function initialize(): void
    {
        parent::initialize();
        $this->view->logoImagePath = $this->url->get() . 'assets/img/cache/' . Module::ID . '/logo.svg';
        $this->view->submitMode = null;
    }

    public function indexAction(): void
    {
        $this->assets->collection(AssetProvider::HEADER_CSS)
            ->addCss('css/cache/' . Module::ID . '/module-geoip.css', true);
        $this->assets->collection(AssetProvider::FOOTER_JS)
            ->addJs('js/cache/' . Module::ID . '/module-geoip.js', true);
        $this->view->pick('Modules/' . Module::ID . '/ModuleGeoIP/index');
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\App\Controllers;

use MikoPBX\AdminCabinet\Controllers\BaseController;
use MikoPBX\AdminCabinet\Providers\AssetProvider;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Pbx\Module;
use Modules\ModuleGeoIP\Lib\Peers\Forewarning;
use Modules\ModuleGeoIP\Lib\Peers\LastViewer;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\PolicyView;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

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
        $this->assets->collection(AssetProvider::SEMANTIC_UI_CSS)
            ->addCss('css/vendor/semantic/modal.min.css', true)
            ->addCss('css/vendor/semantic/progress.min.css', true);
        // Core adds a word for the versions of all modules, so that no browser keeps those of another version.
        $this->assets->collection(AssetProvider::HEADER_CSS)
            ->addCss('css/cache/' . Module::ID . '/page.css', true);
        $this->assets->collection(AssetProvider::FOOTER_JS)
            ->addJs('js/cache/' . Module::ID . '/page.js', true, true, ['type' => 'module']);
        // Core serves the REST resources of enabled modules only; a page that is switched off can still be read.
        $store = new PolicyStore();
        $this->view->policy = json_encode(PolicyView::of($store, Helper::ofPage()), JSON_THROW_ON_ERROR);
        $this->view->affected = json_encode($this->affected($store), JSON_THROW_ON_ERROR);
        $this->view->pick('Modules/' . Module::ID . '/ModuleGeoIP/index');
    }

    /**
     * Whom switching the module on would cut off; null if it cannot be told.
     *
     * @return null|list<array<string, mixed>>
     */
    private function affected(PolicyStore $store): ?array
    {
        if (Module::isEnabled()) {
            return [];
        }
        $viewer = new Viewer((string)$this->request->getClientAddress(), (string)$this->request->getScheme());
        LastViewer::remember($viewer);

        return Forewarning::of($store->policy(), $viewer);
    }
}

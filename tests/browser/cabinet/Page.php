<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use MikoPBX\AdminCabinet\Providers\AssetProvider;
use MikoPBX\Common\Models\PbxExtensionModules;
use MikoPBX\Common\Providers\TranslationProvider;
use Modules\ModuleGeoIP\App\Controllers\ModuleGeoIPController;
use Modules\ModuleGeoIP\Lib\Pbx\Module;

/**
 * The module's page inside the cabinet's frame: what Core's controller, views and asset manager make of it.
 */
final class Page
{
    private const STYLES = [
        'grid', 'divider', 'container', 'header', 'button', 'form', 'icon', 'flag', 'image', 'input', 'message',
        'segment', 'site', 'reset', 'transition', 'dropdown', 'checkbox', 'menu', 'sidebar', 'table', 'loader', 'label',
        'dimmer', 'accordion', 'placeholder', 'item', 'tab', 'popup', 'toast',
    ];

    private const BEHAVIOURS = [
        'form', 'api', 'site', 'popup', 'dropdown', 'transition', 'checkbox', 'accordion', 'dimmer', 'sidebar', 'toast',
        'tab',
    ];

    private const SCRIPTS_BEFORE = ['js/vendor/jquery.min.js', 'js/pbx/main/token-manager.js'];

    private const SCRIPTS_AFTER = [
        'js/pbx/main/form.js', 'js/pbx/main/config.js', 'js/pbx/PbxAPI/pbx-api-client.js',
        'js/pbx/main/event-bus.js', 'js/pbx/main/semantic-localization.js', 'js/pbx/main/user-message.js',
        'js/pbx/PbxAPI/modules-api.js', 'js/pbx/PbxExtensionModules/pbx-extension-module-status.js',
        'js/pbx/main/footer.js',
    ];

    private readonly Collections $assets;

    private readonly View $view;

    public function __construct(private readonly string $language)
    {
        $this->assets = new Collections();
        $this->view = new View();
    }

    public function render(): string
    {
        $this->view->submitMode = 'SaveSettings';
        $this->view->WebAdminLanguage = $this->language;
        $this->view->globalModuleUniqueId = Module::ID;
        $controller = new ModuleGeoIPController();
        $controller->view = $this->view;
        $controller->assets = $this->assets;
        $controller->url = new class {
            public function get(string $path = ''): string
            {
                return "/admin-cabinet/$path";
            }
        };
        $controller->request = new class {
            public function getClientAddress(): string
            {
                return Rest::remoteAddress();
            }

            public function getScheme(): string
            {
                return 'http';
            }
        };
        $controller->initialize();
        $controller->indexAction();
        $views = Module::directory() . '/App/Views/';
        $volt = new Volt((array)$this->view, self::say(...), self::partial(...));

        return $this->layout($volt->render(file_get_contents($views . $this->view->template() . '.volt')));
    }

    private function layout(string $content): string
    {
        $language = $this->language;
        $isEnabled = PbxExtensionModules::findFirstByUniqid(Module::ID)?->disabled === '0';
        $logo = $this->view->logoImagePath;
        $styles = self::prefixed([
            ...self::vendor('css', self::STYLES),
            ...$this->assets->paths(AssetProvider::SEMANTIC_UI_CSS),
            ...$this->assets->paths(AssetProvider::HEADER_CSS),
            'css/custom.css',
        ]);
        $scriptsBefore = self::prefixed([...self::SCRIPTS_BEFORE, ...$this->assets->paths(AssetProvider::HEADER_JS)]);
        $scriptsAfter = [
            ...self::vendor('js', self::BEHAVIOURS),
            ...$this->assets->paths(AssetProvider::SEMANTIC_UI_JS),
            "js/cache/localization-$language.js",
            'js/pbx/main/global-translate.js',
            ...self::SCRIPTS_AFTER,
            ...$this->assets->paths(AssetProvider::FOOTER_JS),
        ];
        $types = array_map($this->assets->type(...), $scriptsAfter);
        $scriptsAfter = array_combine(self::prefixed($scriptsAfter), $types);
        $say = self::say(...);
        ob_start();
        require __DIR__ . '/layout.php';

        return (string)ob_get_clean();
    }

    private static function say(string $key): string
    {
        return (require __DIR__ . '/words.php')[$key] ?? TranslationProvider::translate($key);
    }

    /**
     * The module's own partials, and those of Core that it uses.
     */
    private static function partial(string $name): string
    {
        $own = 'Modules/' . Module::ID . '/';
        $directory = str_starts_with($name, $own) ? Module::directory() . '/App/Views' : __DIR__;

        return file_get_contents("$directory/" . str_replace($own, '', $name) . '.volt');
    }

    /**
     * @param list<string> $components
     * @return list<string>
     */
    private static function vendor(string $type, array $components): array
    {
        return array_map(static fn (string $name): string => "$type/vendor/semantic/$name.min.$type", $components);
    }

    /**
     * @param list<string> $paths
     * @return list<string>
     */
    private static function prefixed(array $paths): array
    {
        return array_map(static fn (string $path): string => Assets::PREFIX . $path, $paths);
    }
}

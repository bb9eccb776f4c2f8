<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use MikoPBX\Common\Models\Extensions;
use MikoPBX\Common\Models\Iax;
use MikoPBX\Common\Models\PbxExtensionModules;
use MikoPBX\Common\Models\PbxSettings;
use MikoPBX\Common\Models\Sip;
use MikoPBX\Common\Models\SipHosts;
use MikoPBX\Core\System\World;
use Modules\ModuleGeoIP\Lib\GeoIPConf;
use Modules\ModuleGeoIP\Lib\Pbx\Firewall;
use Modules\ModuleGeoIP\Lib\Peers\Forewarning;
use Modules\ModuleGeoIP\Lib\Peers\LastViewer;
use Modules\ModuleGeoIP\Lib\Peers\Viewer;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;
use Modules\ModuleGeoIP\Setup\PbxExtensionSetup;
use PDO;
use Phalcon\Acl\Adapter\Memory;
use Phalcon\Acl\Component;
use Phalcon\Acl\Role;
use Phalcon\Di\Di;
use RuntimeException;

/**
 * What Core does with a module, step by step in Core's order. Runs in a process of its own on the PBX of a test.
 */
final class Core
{
    private const ID = 'ModuleGeoIP';

    public function prepare(): void
    {
        PbxExtensionModules::upgradeTable();
        PbxSettings::upgradeTable();
        foreach ([Sip::class, SipHosts::class, Iax::class, Extensions::class] as $model) {
            $model::upgradeTable();
        }
        $this->setting(PbxSettings::PBX_FIREWALL_ENABLED, '1');
    }

    public function setting(string $key, string $value): void
    {
        $row = new PbxSettings();
        $row->key = $key;
        $row->value = $value;
        $row->save();
    }

    /**
     * Somebody changes a setting of the PBX, and Core's worker of changes tells the module.
     */
    public function changeSetting(string $key, string $value): void
    {
        $this->setting($key, $value);
        (new GeoIPConf())->modelsEventChangeData([
            'source' => 'modelsChanged',
            'model' => PbxSettings::class,
            'recordId' => $key,
            'action' => 'afterSave',
            'changedFields' => ['value'],
        ]);
    }

    /**
     * Stores a record of one of Core's models.
     *
     * @param array<string, string> $fields
     */
    public function record(string $model, array $fields): void
    {
        $class = "MikoPBX\\Common\\Models\\$model";
        $row = new $class();
        foreach ($fields as $name => $value) {
            $row->$name = $value;
        }
        $row->save();
    }

    public function install(): array
    {
        $setup = new PbxExtensionSetup(self::ID);

        return ['done' => $setup->installModule(), 'messages' => $setup->getMessages()];
    }

    public function uninstall(bool $keepSettings): bool
    {
        return (new PbxExtensionSetup(self::ID))->uninstallModule($keepSettings);
    }

    public function enable(): array
    {
        $conf = new GeoIPConf();
        $core = World::database('core.sqlite');
        // Core tries the module out in a transaction that it rolls back.
        $core->beginTransaction();
        $this->switch('0');
        $allowed = $conf->onBeforeModuleEnable();
        $core->rollBack();
        if ($allowed && $conf->onBeforeModuleEnable()) {
            $this->switch('0');
            $conf->onAfterModuleEnable();
        }

        return ['done' => $allowed, 'messages' => $conf->getMessages()];
    }

    public function disable(): void
    {
        $conf = new GeoIPConf();
        $conf->onBeforeModuleDisable();
        $this->switch('1');
        $conf->onAfterModuleDisable();
    }

    public function hook(string $name): void
    {
        (new GeoIPConf())->$name();
    }

    /**
     * What the module does when the helper finds INPUT changed under its hands.
     */
    public function queueReload(): void
    {
        Firewall::queueReload();
    }

    public function cron(): array
    {
        $tasks = [];
        (new GeoIPConf())->createCronTasks($tasks);

        return $tasks;
    }

    /**
     * What cron does with the line that looks after the filter, but that it does not wait before it looks again.
     */
    public function watch(): void
    {
        $line = explode(' ', $this->cron()[1], 6)[5];
        $impatiently = " | sed 's/{/{\"settle_seconds\":0,/' | ./";
        exec(str_replace([' check <', ' | ./'], [' check --settle 0 <', $impatiently], $line));
    }

    /**
     * What cron does with the line of one of the module's tasks; nothing if there is no such line.
     */
    public function task(string $name): void
    {
        foreach (preg_grep("/task\.php $name\b/", $this->cron()) as $line) {
            exec(explode(' ', $line, 6)[5]);
        }
    }

    /**
     * @param array<string, mixed> $data
     * @param array<string, string> $session
     */
    public function rest(string $resource, string $action, array $data, array $session): array
    {
        $processor = 'Modules\\' . self::ID . "\\Lib\\RestAPI\\$resource\\Processor";
        $request = ['action' => $action, 'data' => $data, 'sessionContext' => $session];

        return $processor::callBack($request)->getResult();
    }

    /**
     * The same in a worker that was running before the module was installed.
     *
     * @param array<string, mixed> $data
     * @param array<string, string> $session
     */
    public function restInOlderWorker(string $resource, string $action, array $data, array $session): array
    {
        Di::startedBeforeTheModule();

        return $this->rest($resource, $action, $data, $session);
    }

    /**
     * What a worker reads that runs on while the module, with other settings, is installed anew.
     *
     * @param array<string, string> $session
     * @return list<array<string, mixed>> the policy before and after
     */
    public function policyWhileReinstalled(array $session): array
    {
        $before = $this->rest('Policy', 'getList', [], $session);
        $file = World::path('mikopbx/custom_modules/' . self::ID . '/db/module.db');
        copy($file, "$file.new");
        (new PDO("sqlite:$file.new"))->exec("UPDATE m_ModuleGeoIP SET countries = '[\"RU\"]'");
        rename("$file.new", $file);
        $after = $this->rest('Policy', 'getList', [], $session);

        return [$before['data'], $after['data']];
    }

    /**
     * What the page of a module that is off is told of those whom switching it on would cut off.
     *
     * @return null|list<array<string, mixed>>
     */
    public function viewPage(string $from): ?array
    {
        $viewer = new Viewer($from);
        LastViewer::remember($viewer);

        return Forewarning::of((new PolicyStore())->policy(), $viewer);
    }

    /**
     * Builds INPUT anew as Core does: flushed, rules that name somebody, the hook, rules for everybody, the end.
     *
     * @return array{hookSeconds: float}
     */
    public function reloadFirewall(): array
    {
        $this->run('iptables -F INPUT', 'ip6tables -F INPUT');
        $seconds = 0.0;
        if (PbxSettings::getValueByKey(PbxSettings::PBX_FIREWALL_ENABLED) === '1') {
            $this->run(
                'iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
                'iptables -A INPUT -s 192.168.0.0/16 -p tcp -m multiport --dport 443,5060 -j ACCEPT',
                'iptables -A INPUT -s 203.0.113.5 -p udp -m multiport --dport 5060,10000:10200 -j ACCEPT',
                'iptables -A INPUT -s 127.0.0.1 -j ACCEPT',
                'ip6tables -A INPUT -s ::1 -j ACCEPT'
            );
            if (PbxExtensionModules::findFirstByUniqid(self::ID)?->disabled === '0') {
                $start = microtime(true);
                $this->hook('onAfterIptablesReload');
                $seconds = microtime(true) - $start;
            }
            $this->run(
                'iptables -A INPUT -s 0.0.0.0/0 -p udp -m multiport --dport 5060 -j ACCEPT',
                'ip6tables -A INPUT -s ::/0 -p udp -m multiport --dport 5060 -j ACCEPT',
                'iptables -A INPUT -j DROP',
                'ip6tables -A INPUT -j DROP'
            );
        }

        return ['hookSeconds' => $seconds];
    }

    /**
     * What the roles of a PBX with restricted users may do, as `component:action`.
     *
     * @return array<string, list<string>>
     */
    public function rights(): array
    {
        $page = 'Modules\\' . self::ID . '\\App\\Controllers\\ModuleGeoIPController';
        $list = new Memory();
        foreach (['admins', 'guests', 'viewer', 'stranger'] as $role) {
            $list->addRole(new Role($role));
        }
        $list->addComponent(new Component($page), ['index']);
        $list->allow('admins', '*', '*');
        $list->allow('viewer', $page, 'index');
        (new GeoIPConf())->onAfterACLPrepared($list);
        $rights = [];
        foreach (Routes::all() as $route) {
            foreach ($list->getRoles() as $role) {
                if ($list->isAllowed($role->getName(), $route['path'], $route['action'])) {
                    $rights[$role->getName()][] = basename($route['path']) . ":{$route['action']}";
                }
            }
        }

        return $rights;
    }

    private function switch(string $disabled): void
    {
        $row = PbxExtensionModules::findFirstByUniqid(self::ID);
        $row->disabled = $disabled;
        $row->save();
    }

    private function run(string ...$commands): void
    {
        foreach ($commands as $command) {
            exec("$command 2>&1", $output, $status);
            if ($status !== 0) {
                throw new RuntimeException("$command: " . implode("\n", $output));
            }
        }
    }
}

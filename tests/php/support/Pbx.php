<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use PDO;
use RuntimeException;

/**
 * A PBX for a test: its disk is a temporary directory, its kernel a network namespace of its own.
 *
 * Every act runs in a process of its own, as on a real one.
 */
final class Pbx
{
    /** What the kernel holds while the filter is in force. */
    public const SETS = [
        'geoip_admin_v4', 'geoip_admin_v6', 'geoip_blocked_v4', 'geoip_blocked_v6', 'geoip_exempt_v4',
        'geoip_exempt_v6', 'geoip_mixed_v4', 'geoip_mixed_v6', 'geoip_senders_v4', 'geoip_senders_v6',
        'geoip_slash16_v4', 'geoip_specific_v4', 'geoip_specific_v6',
    ];

    /** It must not hold open what the tests' own output goes to. */
    private const SILENT = [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']];

    private static string $compiled = '';

    public readonly string $disk;

    /** Where its programs look for tools first. */
    public readonly string $tools;

    /** The way out of the PBX; where nobody plays the publishers it leads nowhere. */
    public string $proxy = 'http://127.0.0.1:9';

    /** @var null|resource */
    private $kernel = null;

    private int $kernelPid = 0;

    /** @var list<array{resource, array<int, resource>}> */
    private array $started = [];

    public function __construct()
    {
        $this->disk = sys_get_temp_dir() . '/geoip-pbx-' . bin2hex(random_bytes(6));
        $this->tools = "$this->disk/tools";
        foreach (['mikopbx/custom_modules', 'mikopbx/tmp', 'php.d', 'tools', 'www'] as $directory) {
            mkdir("$this->disk/$directory", 0755, true);
        }
        file_put_contents(
            "$this->disk/php.d/test.ini",
            'include_path = "' . dirname(__DIR__) . "/doubles\"\nerror_reporting = -1\ndisplay_errors = stderr\n"
        );
        $this->boot();
        $this->act('prepare');
    }

    public function __destruct()
    {
        $this->destroy();
    }

    /**
     * Switches it on: an empty kernel, no network but loopback, and a view of the files of its own.
     */
    public function boot(): void
    {
        $this->powerOff();
        $this->kernel = proc_open(['unshare', '-n', '-m', 'sleep', 'infinity'], self::SILENT, $pipes);
        $this->kernelPid = proc_get_status($this->kernel)['pid'];
        $own = readlink('/proc/self/ns/net');
        for ($wait = 0; @readlink("/proc/$this->kernelPid/ns/net") === $own; $wait++) {
            $wait < 500 || throw new RuntimeException('no network namespace');
            usleep(10000);
        }
        $this->shell('ip', 'link', 'set', 'lo', 'up');
    }

    public function powerOff(): void
    {
        if ($this->kernel !== null) {
            // Whatever still runs in this kernel ends with it.
            foreach (glob('/proc/[0-9]*/ns/net') as $link) {
                $pid = (int)explode('/', $link)[2];
                if ($pid !== $this->kernelPid && @readlink($link) === @readlink("/proc/$this->kernelPid/ns/net")) {
                    posix_kill($pid, SIGKILL);
                }
            }
            proc_terminate($this->kernel, SIGKILL);
            proc_close($this->kernel);
            $this->kernel = null;
        }
    }

    public function destroy(): void
    {
        $this->powerOff();
        exec('rm -rf ' . escapeshellarg($this->disk));
    }

    /**
     * Puts the files of the zip where Core unpacks them, none of them executable yet.
     */
    public function unpack(): void
    {
        $directory = $this->module();
        exec(sprintf('rm -rf %1$s && cp -r %2$s %1$s', escapeshellarg($directory), escapeshellarg(self::tree())));
        exec('find ' . escapeshellarg($directory) . ' -type f -exec chmod 644 {} +');
    }

    /**
     * Its data counts as the newest, so that nothing is fetched while a test goes on.
     */
    public function install(): void
    {
        $this->unpack();
        $installed = $this->act('install');
        $installed['done'] || throw new RuntimeException(implode("\n", $installed['messages']));
        $this->publisherAnswered('dbip', time());
    }

    /**
     * Compiling the data of the zip takes most of the time of enabling: one PBX does it, the others get its file.
     */
    public function installAndEnable(): void
    {
        $this->install();
        $database = "{$this->state()}/dbip.geodb";
        if (self::$compiled !== '') {
            file_put_contents($database, self::$compiled);
            chmod($database, 0600);
        }
        $this->act('enable');
        $this->act('reloadFirewall');
        self::$compiled = file_get_contents($database);
    }

    /**
     * What Core does when all settings are deleted: modules go without a word to them, and the PBX starts again.
     */
    public function deleteAllSettings(): void
    {
        exec('rm -rf ' . escapeshellarg($this->module()));
        $this->database('core.sqlite')->exec('DELETE FROM m_PbxExtensionModules');
        $this->boot();
        $this->act('reloadFirewall');
    }

    public function module(): string
    {
        return "$this->disk/mikopbx/custom_modules/ModuleGeoIP";
    }

    public function state(): string
    {
        return "$this->disk/mikopbx/geoip-filter";
    }

    /**
     * Makes the change on trial one of another boot, sealed as the helper seals it.
     */
    public function moveTrialToAnotherBoot(): void
    {
        $file = $this->state() . '/in-force.json';
        $record = json_decode(file_get_contents($file), flags: JSON_THROW_ON_ERROR)->record;
        $record->trial->deadline->boot = 'another';
        $text = json_encode($record, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        file_put_contents($file, sprintf('{"format":1,"crc32":%d,"record":%s}', crc32($text), $text));
    }

    public function act(string $method, mixed ...$arguments): mixed
    {
        $this->start($method, ...$arguments);

        return $this->finish()[0];
    }

    /**
     * Starts an act without waiting for it.
     */
    public function start(string $method, mixed ...$arguments): void
    {
        $command = [PHP_BINARY, __DIR__ . '/act.php', $method, json_encode($arguments, JSON_THROW_ON_ERROR)];
        $process = proc_open($this->inside($command), [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes, '/', [
            'PATH' => "$this->tools:" . getenv('PATH'),
            'GEOIP_TEST_PBX' => $this->disk,
            'PHP_INI_SCAN_DIR' => ":$this->disk/php.d",
            'https_proxy' => $this->proxy,
        ]);
        $this->started[] = [$process, $pipes];
    }

    /**
     * Waits for all that was started; their results in order.
     *
     * @return list<mixed>
     */
    public function finish(): array
    {
        $results = [];
        $failures = [];
        foreach ($this->started as [$process, $pipes]) {
            $output = stream_get_contents($pipes[1]);
            $errors = stream_get_contents($pipes[2]);
            if (proc_close($process) !== 0 || $errors !== '') {
                $failures[] = "an act failed: $errors $output";
            } else {
                $results[] = json_decode($output, true, 64, JSON_THROW_ON_ERROR);
            }
        }
        $this->started = [];
        // Not before all have ended: what is found after that is what they leave.
        $failures === [] || throw new RuntimeException(implode("\n", $failures));

        return $results;
    }

    /**
     * @param array<string, mixed> $data
     */
    public function rest(string $resource, string $action, array $data = [], string $from = '198.51.100.7'): array
    {
        return $this->act('rest', $resource, $action, $data, ['remote_addr' => $from, 'user_name' => 'admin']);
    }

    /**
     * Whom Asterisk has registered.
     *
     * @param list<array<string, string>> $contacts `Endpoint` and `Uri` of each, and what else Asterisk says of it
     */
    public function register(array $contacts): void
    {
        file_put_contents("$this->disk/contacts.json", json_encode($contacts, JSON_THROW_ON_ERROR));
    }

    /**
     * Lets the PBX have a file of its own in /etc.
     */
    public function writeEtc(string $file, string $content): void
    {
        file_put_contents("$this->disk/$file", $content);
        $this->shell('mount', '--bind', "$this->disk/$file", "/etc/$file");
    }

    /**
     * Gives the PBX a name server that knows these records and no others.
     *
     * @param array<string, list<string>> $records as `name-server.php` takes them
     */
    public function serveNames(array $records): void
    {
        $this->runNameServer(json_encode($records, JSON_THROW_ON_ERROR));
    }

    /**
     * Gives the PBX a name server that never answers.
     */
    public function silenceNames(): void
    {
        $this->runNameServer();
    }

    /**
     * Gives the PBX a name server that is out of order, and says so.
     */
    public function breakNames(): void
    {
        $this->runNameServer('false');
    }

    private function runNameServer(string ...$records): void
    {
        $this->writeEtc('resolv.conf', "nameserver 127.0.0.1\n");
        $this->shell('sh', '-c', 'php "$@" >/dev/null 2>&1 &', 'sh', __DIR__ . '/name-server.php', ...$records);
        // Port 53, as the kernel lists it.
        $this->shell('timeout', '10', 'sh', '-c', 'until grep -q ":0035 " /proc/net/udp; do sleep 0.1; done');
    }

    /**
     * Has Core be a version without one of its classes or functions; null gives back what was taken away.
     */
    public function lack(?string $name): void
    {
        file_put_contents("$this->disk/missing", (string)$name);
    }

    /**
     * Waits for the end of an update with one of its fields as given; its record.
     *
     * @return array<string, mixed>
     */
    public function waitForUpdate(string $field, string $value): array
    {
        for ($wait = 0; $wait < 300; $wait++) {
            $update = $this->rest('Update', 'getList')['data'];
            if ($update[$field] === $value && $update['state'] !== 'running') {
                return $update;
            }
            usleep(100000);
        }
        throw new RuntimeException('the update does not end: ' . json_encode($update));
    }

    /**
     * Writes down, as the helper does, when a publisher last gave what it has.
     */
    public function publisherAnswered(string $source, int $at): void
    {
        is_dir($this->state()) || mkdir($this->state(), 0700);
        $record = json_encode([$source => gmdate('Y-m-d\TH:i:s.123456789\Z', $at)]);
        $file = sprintf('{"format":1,"crc32":%d,"record":%s}', crc32($record), $record);
        $path = "{$this->state()}/checked-editions.json";
        file_put_contents($path, $file);
        chmod($path, 0600);
    }

    /**
     * A command in this PBX's kernel.
     */
    public function shell(string ...$command): string
    {
        $process = proc_open($this->inside($command), [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes);
        $output = stream_get_contents($pipes[1]);
        $status = proc_close($process);
        $status === 0 || throw new RuntimeException(implode(' ', $command) . ": $output");

        return trim($output);
    }

    /**
     * The rules of a chain as the kernel has them.
     *
     * @return list<string>
     */
    public function rules(string $chain = 'INPUT', string $tool = 'iptables'): array
    {
        $lines = explode("\n", $this->shell($tool, '-S'));

        return array_values(preg_grep('/^-A ' . preg_quote($chain, '/') . '( |$)/', $lines));
    }

    /**
     * The names of all sets, in alphabetical order.
     *
     * @return list<string>
     */
    public function sets(): array
    {
        $names = array_filter(explode("\n", $this->shell('ipset', 'list', '-n')));
        sort($names);

        return $names;
    }

    public function entries(string $set): int
    {
        preg_match('/Number of entries: (\d+)/', $this->shell('ipset', 'list', '-t', $set), $found);

        return (int)$found[1];
    }

    public function drops(string $address): bool
    {
        return $this->isIn('blocked', $address)
            || ($this->isIn('mixed', $address) && $this->isIn('specific', $address));
    }

    private function isIn(string $set, string $address): bool
    {
        $version = str_contains($address, ':') ? 'v6' : 'v4';
        try {
            $this->shell('ipset', '-q', 'test', "geoip_{$set}_$version", $address);

            return true;
        } catch (RuntimeException) {
            return false;
        }
    }

    /**
     * Has somebody at an address send packets to the PBX, each of which would begin a connection.
     */
    public function knock(string $address, int $packets = 1): void
    {
        $this->shell('python3', dirname(__DIR__, 2) . '/knock.py', $address, (string)$packets);
    }

    /**
     * Whatever of ours is in the kernel or outside the module's own directory.
     *
     * @return list<string>
     */
    public function traces(): array
    {
        $traces = array_merge(
            preg_grep('/geoip/i', $this->sets()),
            preg_grep('/geoip/i', explode("\n", $this->shell('iptables', '-S'))),
            preg_grep('/geoip/i', explode("\n", $this->shell('ip6tables', '-S'))),
            explode("\n", trim((string)shell_exec(sprintf(
                'find %1$s/mikopbx %1$s/www -iname "*geoip*" -not -path "*/custom_modules/ModuleGeoIP*"',
                escapeshellarg($this->disk)
            ))))
        );
        $menu = $this->database('core.sqlite')->query("SELECT key FROM m_PbxSettings WHERE key LIKE '%GeoIP%'");

        return array_values(array_filter([...$traces, ...$menu->fetchAll(PDO::FETCH_COLUMN)]));
    }

    public function database(string $file): PDO
    {
        return new PDO("sqlite:$this->disk/$file");
    }

    /**
     * The records that the doubles noted in a file, newest last.
     *
     * @return list<array<string, mixed>>
     */
    public function notes(string $file): array
    {
        $lines = @file("$this->disk/$file", FILE_IGNORE_NEW_LINES) ?: [];

        return array_map(static fn (string $line): array => json_decode($line, true), $lines);
    }

    public function log(): string
    {
        return implode("\n", array_column($this->notes('syslog'), 'message'));
    }

    /**
     * The same command, run in this PBX's kernel.
     *
     * @param list<string> $command
     * @return list<string>
     */
    public function inside(array $command): array
    {
        $namespaces = "/proc/$this->kernelPid/ns";

        return ['nsenter', "--net=$namespaces/net", "--mount=$namespaces/mnt", '--', ...$command];
    }

    private static function tree(): string
    {
        $tree = getenv('GEOIP_TEST_TREE');
        if (!is_string($tree) || !is_file("$tree/module.json")) {
            throw new RuntimeException('GEOIP_TEST_TREE names no unpacked module; start the tests by tests/php/run');
        }

        return $tree;
    }
}

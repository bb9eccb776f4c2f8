<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Support;

use RuntimeException;

/**
 * The publishers of country data, in the network of a test's PBX: a real server with TLS, whose authority the PBX
 * trusts, behind the PBX's proxy. They publish the real data that `bin/setup` prepares.
 */
final class Publishers
{
    private const REGISTRIES = ['afrinic', 'apnic', 'arin', 'lacnic', 'ripencc'];

    private const ORIGIN = '/sapics/ip-location-db/releases/download';

    private const DATA = __DIR__ . '/../../../target/data';

    /** Where this PBX and its helper look for the authorities that they trust. */
    private const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';

    private readonly string $directory;

    /** @var resource */
    private $process;

    /** @var array<int, resource> */
    private array $pipes = [];

    public function __construct(Pbx $pbx)
    {
        $program = getenv('GEOIP_TEST_PUBLISHERS');
        if (!is_string($program)) {
            throw new RuntimeException('GEOIP_TEST_PUBLISHERS names no program; start the tests by tests/php/run');
        }
        $this->directory = "$pbx->disk/publishers";
        mkdir($this->directory);
        $command = $pbx->inside([$program, $this->directory]);
        // Ends with the PBX's kernel, or when its input does.
        $output = [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']];
        $this->process = proc_open($command, $output, $this->pipes);
        $pbx->proxy = trim((string)fgets($this->pipes[1]));
        $pbx->shell('mount', '--bind', "$this->directory/authority.pem", self::TRUSTED);
    }

    public function publishDbip(string $how = 'serve'): void
    {
        $this->tell("$how {$this->dbipPath()} " . self::data('dbip-country-lite.csv.gz'));
    }

    public function dbipPath(): string
    {
        return '/free/dbip-country-lite-' . gmdate('Y-m') . '.csv.gz';
    }

    public function publishNetworks(): void
    {
        $this->tell('serve /free/dbip-asn-lite-' . gmdate('Y-m') . '.csv.gz ' . self::data('dbip-asn-lite.csv.gz'));
    }

    /**
     * Nobody packages the files of `origin-asn`. These have the rows of DB-IP, each family in a file of its own.
     */
    public function publishOriginNetworks(): void
    {
        foreach (['ipv4' => '!/^[^,]*:/', 'ipv6' => '/^[^,]*:/'] as $family => $rows) {
            $name = "origin-asn-$family.csv";
            $file = "$this->directory/$name";
            exec(sprintf(
                'gzip -dc %s | awk %s >%s',
                escapeshellarg(self::data('dbip-asn-lite.csv.gz')),
                escapeshellarg($rows),
                escapeshellarg($file)
            ));
            $sum = "$file.sha256";
            file_put_contents($sum, hash_file('sha256', $file) . "  $name\n");
            $this->tell('serve ' . self::ORIGIN . "/latest/$name $file");
            $this->tell('serve ' . self::ORIGIN . "/checksum/$name.sha256 $sum");
        }
    }

    /**
     * A list of a publisher, by the path of its file.
     */
    public function publishList(string $path, string $text): void
    {
        $file = tempnam($this->directory, 'list');
        file_put_contents($file, $text);
        $this->tell("serve $path $file");
    }

    public function publishRir(): void
    {
        foreach (self::REGISTRIES as $registry) {
            $name = "delegated-$registry-extended-latest";
            $this->publishWithSum("/pub/stats/$registry/$name", self::data($name), "/pub/stats/$registry/$name.md5");
        }
    }

    /**
     * Nobody packages ipdeny's own tarballs. These hold zones of two countries, the rows as the registries have them.
     */
    public function publishIpdeny(): void
    {
        $tarballs = [
            'ipv4' => '/ipblocks/data/countries/all-zones.tar.gz',
            'ipv6' => '/ipv6/ipaddresses/blocks/ipv6-all-zones.tar.gz',
        ];
        foreach ($tarballs as $family => $path) {
            $zones = "$this->directory/$family";
            mkdir($zones);
            foreach (['CN' => 'apnic', 'RU' => 'ripencc'] as $country => $registry) {
                $blocks = self::blocks($registry, $country, $family);
                file_put_contents(sprintf('%s/%s.zone', $zones, strtolower($country)), implode("\n", $blocks) . "\n");
            }
            $tarball = "$this->directory/" . basename($path);
            exec(sprintf('tar -czf %s -C %s .', escapeshellarg($tarball), escapeshellarg($zones)));
            $this->publishWithSum($path, $tarball, dirname($path) . '/MD5SUM');
        }
    }

    private function publishWithSum(string $path, string $file, string $sumPath): void
    {
        $sum = tempnam($this->directory, 'sum');
        file_put_contents($sum, md5_file($file) . '  ' . basename($path) . "\n");
        $this->tell("serve $path $file");
        $this->tell("serve $sumPath $sum");
    }

    private function tell(string $line): void
    {
        fwrite($this->pipes[0], "$line\n");
        if (fgets($this->pipes[1]) !== "done\n") {
            throw new RuntimeException("the publishers do not take: $line");
        }
    }

    private static function data(string $name): string
    {
        return realpath(self::DATA . "/$name") ?: throw new RuntimeException("$name is missing: run bin/setup");
    }

    /**
     * The blocks of a country that are whole prefixes, as the registry lists them.
     *
     * @return list<string>
     */
    private static function blocks(string $registry, string $country, string $family): array
    {
        $blocks = [];
        foreach (new \SplFileObject(self::data("delegated-$registry-extended-latest")) as $line) {
            $fields = explode('|', (string)$line);
            if (array_slice($fields, 1, 2) === [$country, $family]) {
                $length = $family === 'ipv6' ? (int)$fields[4] : 32 - log((float)$fields[4], 2);
                if ($length === (float)(int)$length || is_int($length)) {
                    $blocks[] = "$fields[3]/" . (int)$length;
                }
            }
        }

        return $blocks;
    }
}

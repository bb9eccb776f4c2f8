<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Db\Adapter\Pdo;

use MikoPBX\Core\System\World;
use Phalcon\Db\Adapter\AdapterInterface;

class Sqlite implements AdapterInterface
{
    public function __construct(private readonly string $file)
    {
    }

    public function tableExists(string $tableName, ?string $schemaName = null): bool
    {
        $names = array_column($this->fetchAll("SELECT name FROM sqlite_master WHERE type = 'table'"), 'name');

        return in_array($tableName, $names, true);
    }

    public function dropTable(string $tableName, ?string $schemaName = null, bool $ifExists = true): bool
    {
        World::database($this->file)->exec('DROP TABLE ' . ($ifExists ? 'IF EXISTS ' : '') . "`$tableName`");

        return true;
    }

    public function execute(string $sqlStatement, array $bindParams = [], array $bindTypes = []): bool
    {
        return World::database($this->file)->exec($sqlStatement) !== false;
    }

    public function fetchAll(
        string $sqlQuery,
        int $fetchMode = 2,
        array $bindParams = [],
        array $bindTypes = []
    ): array {
        return World::database($this->file)->query($sqlQuery)->fetchAll($fetchMode);
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Phalcon\Db\Adapter;

interface AdapterInterface
{
    public function tableExists(string $tableName, ?string $schemaName = null): bool;

    public function dropTable(string $tableName, ?string $schemaName = null, bool $ifExists = true): bool;

    public function execute(string $sqlStatement, array $bindParams = [], array $bindTypes = []): bool;

    public function fetchAll(
        string $sqlQuery,
        int $fetchMode = 2,
        array $bindParams = [],
        array $bindTypes = []
    ): array;
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Common\Models;

use MikoPBX\Core\System\World;
use PDO;
use Phalcon\Mvc\Model;
use ReflectionClass;
use ReflectionProperty;

/**
 * Rows of SQLite tables, as far as the module uses them. Columns are the public properties, as with Core.
 */
class ModelsBase extends Model
{
    private string $table = '';

    public function initialize(): void
    {
    }

    protected function setSource(string $source): Model
    {
        $this->table = $source;

        return $this;
    }

    protected static function databaseFile(): string
    {
        return 'core.sqlite';
    }

    /**
     * The first of `find`. Parameters are what the module passes: nothing.
     */
    public static function findFirst(mixed $parameters = null): mixed
    {
        return static::find()[0] ?? null;
    }

    public static function find(mixed $parameters = null): mixed
    {
        return static::select('1', []);
    }

    public static function __callStatic(string $method, array $arguments): mixed
    {
        if (!str_starts_with($method, 'findFirstBy')) {
            throw new \BadMethodCallException($method);
        }
        $column = lcfirst(substr($method, strlen('findFirstBy')));

        return static::select("`$column` = ?", $arguments)[0] ?? null;
    }

    public function save(): bool
    {
        $columns = static::columns();
        $values = array_map(fn (string $column): mixed => $this->$column ?? null, $columns);
        World::note('saves', ['model' => static::class]);
        $sql = sprintf(
            'INSERT OR REPLACE INTO `%s` (`%s`) VALUES (%s)',
            $this->prepared()->table,
            implode('`, `', $columns),
            implode(', ', array_fill(0, count($columns), '?'))
        );

        return World::database(static::databaseFile())->prepare($sql)->execute($values);
    }

    public function delete(): bool
    {
        $key = static::columns()[0];

        return World::database(static::databaseFile())
            ->prepare("DELETE FROM `{$this->prepared()->table}` WHERE `$key` = ?")
            ->execute([$this->$key]);
    }

    public function getMessages(mixed $filter = null): array
    {
        return [];
    }

    /**
     * Makes the table, adds the columns it lacks and drops those that the model does not name, as Core does by the
     * annotations when it installs.
     */
    public static function upgradeTable(): void
    {
        $model = (new static())->prepared();
        $pdo = World::database(static::databaseFile());
        $columns = static::columns();
        $key = array_shift($columns);
        $type = $key === 'id' ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'TEXT PRIMARY KEY';
        $pdo->exec("CREATE TABLE IF NOT EXISTS `$model->table` (`$key` $type)");
        $existing = $pdo->query("PRAGMA table_info(`$model->table`)")->fetchAll(PDO::FETCH_COLUMN, 1);
        foreach (array_diff($columns, $existing) as $column) {
            $pdo->exec("ALTER TABLE `$model->table` ADD COLUMN `$column` TEXT");
        }
        foreach (array_diff($existing, [$key, ...$columns]) as $column) {
            $pdo->exec("ALTER TABLE `$model->table` DROP COLUMN `$column`");
        }
    }

    private static function select(string $where, array $values): array
    {
        $model = (new static())->prepared();
        $statement = World::database(static::databaseFile())->prepare("SELECT * FROM `$model->table` WHERE $where");
        $statement->execute($values);
        $found = [];
        foreach ($statement->fetchAll(PDO::FETCH_ASSOC) as $row) {
            $record = (new static())->prepared();
            foreach ($row as $column => $value) {
                if (property_exists($record, $column)) {
                    $record->$column = $value;
                }
            }
            $found[] = $record;
        }

        return $found;
    }

    private function prepared(): static
    {
        if ($this->table === '') {
            $this->initialize();
        }

        return $this;
    }

    private static function columns(): array
    {
        $properties = (new ReflectionClass(static::class))->getProperties(ReflectionProperty::IS_PUBLIC);

        return array_map(static fn (ReflectionProperty $property): string => $property->getName(), $properties);
    }
}

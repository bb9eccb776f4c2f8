<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\Settings;

/**
 * Reads the block lists of a policy that came from outside or was stored.
 *
 * Which lists the catalogue has, and what an id and a URL are, is the helper's to say.
 */
final class BlockListsReader
{
    private const FIELD = 'lists';
    private const FIELDS = [BlockList::ID, BlockList::URL, BlockList::TEXT, BlockList::KEY];

    /** As many as the helper takes. */
    private const MOST = 16;
    private const LONGEST_TEXT = 1048576;

    /**
     * A list is sent as its id, or as an object. One that is sent as its id alone, or as it is shown, stays as it is:
     * its URL or key may be secret, and is never shown again.
     *
     * @param list<BlockList> $known the lists so far
     * @return list<BlockList>
     * @throws InvalidInput
     */
    public static function read(mixed $value, array $known): array
    {
        $lists = [];
        foreach (ListReader::read($value, self::FIELD, self::MOST) as $place => $sent) {
            $list = self::list(is_string($sent) ? [BlockList::ID => $sent] : $sent, self::FIELD . "[$place]");
            $lists[$list->id] = self::unlessUnchanged($list, $known, self::FIELD . "[$place]");
        }

        return array_values($lists);
    }

    /**
     * The list as it was, if no more was sent of it than is shown. Another list needs another name: by its id alone the
     * helper takes it for the one that is in force, and nobody would be asked whom it cuts off.
     *
     * @param list<BlockList> $known
     * @throws InvalidInput
     */
    private static function unlessUnchanged(BlockList $sent, array $known, string $field): BlockList
    {
        foreach ($known as $list) {
            if ($list->id !== $sent->id) {
                continue;
            }
            if ($sent->isBare() || $sent->toArray() === $list->toView()) {
                return $list;
            }
            if ([$sent->url, $sent->text] !== [$list->url, $list->text]) {
                throw new InvalidInput($field, 'list_taken', $sent->id);
            }
        }

        return $sent;
    }

    /**
     * @throws InvalidInput
     */
    private static function list(mixed $sent, string $field): BlockList
    {
        if (!is_array($sent)) {
            throw new InvalidInput($field, 'list');
        }
        foreach (array_keys($sent) as $name) {
            if (!in_array($name, self::FIELDS, true)) {
                throw new InvalidInput("$field.$name", 'unknown_field');
            }
        }
        [$id, $url, $text, $key] = array_map(
            static fn (string $name): ?string => self::text($sent[$name] ?? null, "$field.$name"),
            self::FIELDS
        );
        if ($id === null) {
            throw new InvalidInput("$field." . BlockList::ID, 'list');
        }
        if (strlen($text ?? '') > self::LONGEST_TEXT) {
            throw new InvalidInput("$field." . BlockList::TEXT, 'too_many', (string)self::LONGEST_TEXT);
        }

        return new BlockList($id, $url, $text, $key);
    }

    /**
     * @throws InvalidInput
     */
    private static function text(mixed $value, string $field): ?string
    {
        return $value === null || is_string($value) ? $value : throw new InvalidInput($field, 'list');
    }
}

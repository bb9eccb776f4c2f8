<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use PhpToken;

/**
 * Reads the signatures of public and protected methods from source that this PHP may be too old to load.
 */
final class Signatures
{
    /**
     * @return list<string>
     */
    public static function in(string $source): array
    {
        $tokens = array_values(array_filter(
            PhpToken::tokenize($source),
            static fn (PhpToken $token): bool => !$token->is([T_WHITESPACE, T_COMMENT, T_DOC_COMMENT])
        ));
        $modifier = [T_PUBLIC, T_PROTECTED, T_PRIVATE, T_STATIC, T_ABSTRACT, T_FINAL];
        $signatures = [];
        foreach ($tokens as $position => $token) {
            $isMethod = $token->is(T_FUNCTION) && ($tokens[$position + 1] ?? null)?->is(T_STRING);
            $modifiers = [];
            for ($i = $position - 1; $i >= 0 && $tokens[$i]->is($modifier); $i--) {
                array_unshift($modifiers, strtolower($tokens[$i]->text));
            }
            if ($isMethod && array_intersect($modifiers, ['public', 'protected']) !== []) {
                $text = '';
                for ($i = $position + 1; !in_array($tokens[$i]->text, ['{', ';'], true); $i++) {
                    $glued = in_array($tokens[$i]->text, ['(', ')', ',', ':', '[', ']', '?'], true)
                        || in_array(substr($text, -1), ['(', '?', '[', ''], true);
                    $text .= ($glued ? '' : ' ') . $tokens[$i]->text;
                }
                $signatures[] = implode(' ', $modifiers) . ' function ' . str_replace(',)', ')', $text);
            }
        }

        return $signatures;
    }
}

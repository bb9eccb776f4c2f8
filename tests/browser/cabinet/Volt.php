<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Browser;

use RuntimeException;

/**
 * Renders the few constructs of Volt that the module's templates use, and refuses all others.
 *
 * As with Phalcon nothing is escaped unless the template says so.
 */
final class Volt
{
    /**
     * @param array<string, mixed> $variables
     */
    public function __construct(
        private readonly array $variables,
        private readonly \Closure $translate,
        private readonly \Closure $partial
    ) {
    }

    public function render(string $template): string
    {
        $template = preg_replace('/\{#.*?#\}/s', '', $template);
        $pieces = preg_split('/(\{\{.*?\}\}|\{%.*?%\})/s', $template, -1, PREG_SPLIT_DELIM_CAPTURE);
        $html = '';
        // Whether the parts around this one are rendered, one entry a nested `if`.
        $shown = [true];
        foreach ($pieces as $piece) {
            $inside = trim(substr($piece, 2, -2), " \n-");
            if (str_starts_with($piece, '{%')) {
                $shown = $this->branch($inside, $shown);
            } elseif (!in_array(false, $shown, true)) {
                $html .= str_starts_with($piece, '{{') ? $this->expression($inside) : $piece;
            }
        }
        if (count($shown) !== 1) {
            throw new RuntimeException('an {% if %} without its {% endif %}');
        }

        return $html;
    }

    /**
     * @param list<bool> $shown
     * @return list<bool>
     */
    private function branch(string $statement, array $shown): array
    {
        if (preg_match('/^if (not )?(\w+)( is not empty)?$/D', $statement, $found) === 1) {
            return [...$shown, !empty($this->variables[$found[2]]) === ($found[1] === '')];
        }
        if ($statement === 'else' && count($shown) > 1) {
            $last = array_pop($shown);

            return [...$shown, !$last];
        }
        if ($statement === 'endif' && count($shown) > 1) {
            array_pop($shown);

            return $shown;
        }
        throw new RuntimeException("the harness does not know {% $statement %}");
    }

    private function expression(string $expression): string
    {
        if (preg_match('/^(.+?)\s*\|\s*(?:e|escape|escape_attr)$/Ds', $expression, $found) === 1) {
            return htmlspecialchars($this->expression($found[1]), ENT_QUOTES);
        }
        if (preg_match('/^t\._\(\s*([\'"])(\w+)\1\s*\)$/D', $expression, $found) === 1) {
            return ($this->translate)($found[2]);
        }
        if (preg_match('/^partial\(\s*([\'"])([\w\/]+)\1\s*\)$/D', $expression, $found) === 1) {
            return $this->render(($this->partial)($found[2]));
        }
        if (preg_match('/^url\(\s*(?:([\'"])([\w\/-]*)\1)?\s*\)$/D', $expression, $found) === 1) {
            return '/admin-cabinet/' . ($found[2] ?? '');
        }
        if (preg_match('/^\w+$/D', $expression) === 1 && isset($this->variables[$expression])) {
            return (string)$this->variables[$expression];
        }
        throw new RuntimeException("the harness does not know {{ $expression }}");
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use PHPUnit\Framework\TestCase;

/**
 * Every sentence that the module may have to say exists, in every language, with the same gaps to fill.
 */
final class MessagesTest extends TestCase
{
    private const MODULE = __DIR__ . '/../../../module';

    private const LANGUAGES_OF_CORE = [
        'en', 'en_GB', 'ru', 'de', 'es', 'el', 'fr', 'pt', 'pt_BR', 'uk', 'ka', 'it', 'da', 'nl', 'pl', 'sv', 'cs',
        'tr', 'ja', 'vi', 'az', 'ro', 'th', 'hu', 'fi', 'hr', 'zh_Hans',
    ];

    private const SCRIPTS = [
        'ru' => 'Cyrillic', 'uk' => 'Cyrillic', 'el' => 'Greek', 'ka' => 'Georgian', 'ja' => 'Hiragana', 'th' => 'Thai',
        'zh_Hans' => 'Han', 'fa' => 'Arabic', 'he' => 'Hebrew',
    ];

    /** Half of what prose in the languages of Latin letters has at the least; the others have little else. */
    private const LEAST_BEYOND_ASCII = [
        'en' => 0, 'en_GB' => 0, 'nl' => 0, 'it' => 0.002, 'de' => 0.006, 'es' => 0.008, 'da' => 0.008, 'hr' => 0.012,
        'fr' => 0.015, 'pt' => 0.015, 'pt_BR' => 0.015, 'ro' => 0.02, 'sv' => 0.02, 'fi' => 0.02, 'pl' => 0.025,
        'tr' => 0.03, 'hu' => 0.04, 'cs' => 0.045, 'az' => 0.045, 'vi' => 0.1,
    ];

    /** Text in which so many letters beyond ASCII are to be expected has none by chance once in eight thousand times. */
    private const SUSPICIOUS = 9.0;

    public function testEveryLanguageOfCoreIsSpokenAndTwoThatAreWrittenFromTheRight(): void
    {
        $spoken = array_map(
            static fn (array $file): string => basename($file[0], '.php'),
            self::languages()
        );
        self::assertSame([], array_values(array_diff([...self::LANGUAGES_OF_CORE, 'fa', 'he'], $spoken)));
    }

    public static function languages(): array
    {
        return array_map(static fn (string $file): array => [$file], glob(self::MODULE . '/Messages/*.php'));
    }

    /**
     * @dataProvider languages
     */
    public function testEveryLanguageHasTheSameSentencesAndGaps(string $file): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $messages = require $file;
        self::assertSame(array_keys($english), array_keys($messages));
        foreach ($messages as $key => $text) {
            self::assertNotSame('', trim($text), $key);
            self::assertSame(self::gaps($english[$key]), self::gaps($text), $key);
        }
    }

    /**
     * @dataProvider languages
     */
    public function testNoSentenceIsLeftInEnglish(string $file): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $same = str_starts_with(basename($file), 'en') ? [] : array_intersect_assoc($english, require $file);
        // A word or two may well be the same word.
        $sentences = array_filter($same, static fn (string $text): bool => preg_match_all('/\pL{2,}/u', $text) > 3);
        self::assertSame([], $sentences);
    }

    /**
     * @dataProvider languages
     */
    public function testEverySentenceIsInTheLettersOfItsLanguage(string $file): void
    {
        $script = self::SCRIPTS[basename($file, '.php')] ?? 'Latin';
        $foreign = [];
        foreach (require $file as $key => $text) {
            $words = self::words($text);
            $own = preg_match_all("/\\p{{$script}}/u", $words);
            // Names such as DB-IP or ipset stand in Latin letters everywhere, but in no sentence alone.
            if ($own === 0 && preg_match_all('/\pL/u', $words) > 12) {
                $foreign[$key] = $text;
            }
            if (preg_match('/[\p{Cyrillic}\p{Greek}][a-z]|[a-z][\p{Cyrillic}\p{Greek}]/iu', $words) === 1) {
                $foreign[$key] = $text;
            }
        }
        self::assertSame([], $foreign);
    }

    /**
     * Where a language has letters beyond ASCII, a run of text long enough to have some, by the language's share of
     * them, has not lost them.
     *
     * @dataProvider languages
     */
    public function testNoSentenceHasLostItsDiacritics(string $file): void
    {
        $language = basename($file, '.php');
        $messages = array_map(self::words(...), require $file);
        $share = self::lettersBeyondAscii(implode($messages)) / preg_match_all('/\pL/u', implode($messages));
        self::assertGreaterThanOrEqual(self::LEAST_BEYOND_ASCII[$language] ?? 0.5, $share, "the share in $language");
        $expected = 0.0;
        foreach ($messages as $key => $text) {
            $isBare = self::lettersBeyondAscii($text) === 0;
            $expected = $isBare ? $expected + $share * preg_match_all('/\pL/u', $text) : 0.0;
            self::assertLessThan(self::SUSPICIOUS, $expected, "diacritics are missing up to $key");
        }
    }

    public function testEveryCodeOfTheHelperHasASentence(): void
    {
        $root = dirname(__DIR__, 3);
        // The helper's own tests keep these tables complete.
        preg_match_all('/^\| `([a-z_]+\.[a-z_0-9]+)` \|/m', file_get_contents("$root/docs/errors.md"), $codes);
        self::assertGreaterThan(30, count($codes[1]));
        $english = require self::MODULE . '/Messages/en.php';
        foreach ($codes[1] as $code) {
            self::assertArrayHasKey('module_geoip_error_' . str_replace('.', '_', $code), $english);
        }
    }

    public function testEveryWordOfTheHelperThatIsShownHasASentence(): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $types = [
            'stage' => ['Stage', 'message'],
            'reason' => ['Reason', 'explain.data'],
            'component' => ['Component', 'heal.data'],
            'headline' => ['FilterState', 'status.data'],
        ];
        foreach ($types as $key => [$type, $file]) {
            $schema = file_get_contents(dirname(__DIR__, 3) . "/docs/protocol/$file.schema.json");
            $words = array_column(json_decode($schema, true)['$defs'][$type]['oneOf'], 'const');
            self::assertGreaterThan(3, count($words));
            foreach ($words as $word) {
                self::assertArrayHasKey("module_geoip_{$key}_$word", $english);
            }
        }
    }

    public function testEverySentenceThatIsAskedForExists(): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        $asked = [];
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(self::MODULE)) as $file) {
            $isCode = in_array($file->getExtension(), ['php', 'volt', 'js'], true);
            if ($isCode && basename($file->getPath()) !== 'Messages') {
                $source = file_get_contents($file->getPathname());
                preg_match_all('/\bmodule_geoip_[a-z0-9_]*[a-z0-9]\b(?!_)/', $source, $whole);
                preg_match_all("/new InvalidInput\([^;]*?, '([a-z_]+)'/", $source, $reasons);
                preg_match_all("/'(pbx\.[a-z_]+)'/", $source, $problems);
                array_push(
                    $asked,
                    ...$whole[0],
                    ...array_map(static fn (string $word): string => "module_geoip_invalid_$word", $reasons[1]),
                    ...array_map(
                        static fn (string $code): string => 'module_geoip_error_' . str_replace('.', '_', $code),
                        $problems[1]
                    )
                );
            }
        }
        self::assertGreaterThan(25, count(array_unique($asked)));
        foreach (array_unique($asked) as $key) {
            self::assertArrayHasKey($key, $english);
        }
    }

    public function testWhatCoreAsksForExists(): void
    {
        $english = require self::MODULE . '/Messages/en.php';
        foreach (['Breadcrumb', 'SubHeader', 'mo_', 'rep'] as $prefix) {
            self::assertArrayHasKey($prefix . 'ModuleGeoIP', $english);
        }
        self::assertStringContainsString('%represent%', $english['repModuleGeoIP']);
    }

    /**
     * A text without what is the same in all languages: gaps, and names as they stand in a shell or a browser.
     */
    private static function words(string $text): string
    {
        return (string)preg_replace('/%\w+%|\b[\w-]+\.[a-z]{2,}\b|\b[A-Z][A-Z-]+[A-Za-z]*\b/', ' ', $text);
    }

    private static function lettersBeyondAscii(string $text): int
    {
        return (int)preg_match_all('/[^\x00-\x7f]/u', (string)preg_replace('/\PL/u', '', $text));
    }

    /**
     * @return list<string>
     */
    private static function gaps(string $text): array
    {
        preg_match_all('/%\w+%/', $text, $found);
        // A language has as many forms of a sentence as it has kinds of numbers.
        $gaps = array_unique($found[0]);
        sort($gaps);

        return $gaps;
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace GeoIpTests\Contract;

use Modules\ModuleGeoIP\Lib\Pbx\Task;
use PhpToken;
use PHPUnit\Framework\TestCase;
use RecursiveDirectoryIterator;
use RecursiveIteratorIterator;
use ReflectionMethod;
use SplFileInfo;

/**
 * No words of a request ever reach a shell: programs are run by argument vectors, at one place.
 */
final class NoShellTest extends TestCase
{
    private const MODULE = __DIR__ . '/../../../module';

    /** What hands a line to a shell or runs code that comes as text. */
    private const FORBIDDEN = [
        'exec', 'shell_exec', 'system', 'passthru', 'popen', 'pcntl_exec', 'eval', 'assert', 'create_function',
        'mwExec', 'mwExecBgWithTimeout', 'processWorker', 'processPHPWorker', 'safeStartDaemon', 'killByName', '`',
    ];

    /** The only file in which a function may be called, and the arguments that it may be given there. */
    private const CONFINED = [
        // The command is a list: a string would go through a shell.
        'proc_open' => ['Lib/Helper/ChildProcess.php', ['$this->command']],
        // Core's own way to start what outlives the caller takes a line. Its words are the module's own.
        'mwExecBg' => ['Lib/Pbx/Task.php', ['$this->command()']],
    ];

    public function testNothingHandsALineToAShell(): void
    {
        $seen = [];
        foreach (self::files() as $file => $tokens) {
            foreach ($tokens as $place => $token) {
                if ($token->text !== '`' && ($tokens[$place + 1]->text ?? '') !== '(') {
                    continue;
                }
                self::assertNotContains(ltrim($token->text, '\\'), self::FORBIDDEN, "$file:$token->line");
                [$only, $arguments] = self::CONFINED[ltrim($token->text, '\\')] ?? [null, []];
                if ($only !== null) {
                    self::assertSame($only, $file, "$token->text in line $token->line");
                    self::assertContains(self::firstArgument($tokens, $place + 2), $arguments, "$file:$token->line");
                    $seen[] = $token->text;
                }
            }
        }
        self::assertEqualsCanonicalizing(['proc_open', 'mwExecBg'], $seen);
    }

    public function testACommandIsAListByItsType(): void
    {
        $constructor = file_get_contents(self::MODULE . '/Lib/Helper/ChildProcess.php');
        self::assertStringContainsString('private readonly array $command', $constructor);
    }

    public function testOnlyWordsOfTheCodeGetIntoATasksLine(): void
    {
        self::assertSame(0, (new ReflectionMethod(Task::class, 'command'))->getNumberOfParameters());
        foreach (Task::cases() as $task) {
            self::assertMatchesRegularExpression('/^[a-z]+( [a-z]+)?$/D', $task->value);
        }
    }

    /**
     * The module's PHP files, by their path in it, without blanks and comments.
     *
     * @return iterable<string, list<PhpToken>>
     */
    private static function files(): iterable
    {
        $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator(self::MODULE));
        foreach ($files as $file) {
            if ($file instanceof SplFileInfo && $file->getExtension() === 'php') {
                $tokens = PhpToken::tokenize(file_get_contents($file->getPathname()));
                $telling = static fn (PhpToken $token): bool => !$token->isIgnorable();
                yield substr($file->getPathname(), strlen(self::MODULE) + 1)
                    => array_values(array_filter($tokens, $telling));
            }
        }
    }

    /**
     * @param list<PhpToken> $tokens
     */
    private static function firstArgument(array $tokens, int $place): string
    {
        $text = '';
        for ($depth = 0; $depth > 0 || !in_array($tokens[$place]->text, [',', ')'], true); $place++) {
            $depth += ['(' => 1, '[' => 1, ')' => -1, ']' => -1][$tokens[$place]->text] ?? 0;
            $text .= $tokens[$place]->text;
        }

        return $text;
    }
}

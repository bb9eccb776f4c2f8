// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('../../module/public/assets/js', import.meta.url));

/** Made of a package; imports nothing. */
const MADE = 'world-map.js';

/** What Core's own scripts, and the page around, leave as globals. */
const GLOBALS = /\b(\$\.|\$\(|jQuery\.ajax|EventBus|Form\b|PbxApi|SemanticLocalization|TokenManager|UserMessage|global[A-Z]\w+)/;

/** Modules by their paths: their sources without comments, and the paths of what they import. */
const modules = new Map(readdirSync(SCRIPTS, { recursive: true }).filter((path) => path.endsWith('.js')).map((path) => {
    const source = readFileSync(join(SCRIPTS, path), 'utf8').replace(/\/\*.*?\*\/|^\s*\/\/.*?$/gms, '');
    const imports = [...source.matchAll(/^import [^;]*? from '(\.[^']*)';$/gm)].map(([, to]) => join(dirname(path), to));
    return [path, { source, imports }];
}));

/** All that a module needs, by all ways to it; a circle is refused. */
function reached(path, way = []) {
    assert.ok(!way.includes(path), `a circle: ${[...way, path].join(' → ')}`);
    if (path === MADE) {
        return [path];
    }
    assert.ok(modules.has(path), `${way.at(-1)} imports ${path}, which there is not`);
    return [path, ...modules.get(path).imports.flatMap((next) => reached(next, [...way, path]))];
}

test('the page needs every module, and none needs itself', () => {
    assert.deepEqual([...new Set(reached('page.js'))].sort(), [MADE, ...modules.keys()].sort());
});

test('pure modules need nothing but each other, and no browser', () => {
    const pure = [...modules].filter(([path]) => path.startsWith('pure/'));
    assert.ok(pure.length > 5);
    for (const [path, { source, imports }] of pure) {
        assert.ok(imports.every((other) => other.startsWith('pure/')), path);
        assert.doesNotMatch(source, /\b(document|window|location|localStorage|navigator)\b/, path);
    }
});

test('what is Core\'s is taken from Core in one place', () => {
    const users = [...modules].filter(([, { source }]) => GLOBALS.test(source)).map(([path]) => path);
    assert.deepEqual(users, ['core.js']);
});

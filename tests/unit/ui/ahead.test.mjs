/**
 * Shows: what is asked for ahead (links in the documents, `modules` in routes.js) is exactly what will be imported, so
 * the first view costs one round of requests: nothing is found late, and nothing is asked for in vain.
 * How: by following the imports of the sources.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { routes } from '../../../web/ui/routes.js';

const UI = fileURLToPath(new URL('../../../web/ui/', import.meta.url));
const source = (file) => readFileSync(UI + file, 'utf8');

/** The module itself and what it imports from the start, at any depth. */
function reached(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of source(file).matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'/gm)) reached(join(dirname(file), path), found);
  return found;
}

/** What a document loads without being asked by a script. */
function named(document) {
  const text = source(document);
  const all = [...text.matchAll(/<(?:script type="module"|link rel="modulepreload")[^>]* (?:src|href)="\/([^"]+)"/g)];
  return all.map(([, path]) => path);
}

test('each document names the modules of its scripts, each once', () => {
  const shell = ['lib/theme.js', 'start.js', 'app.js'].reduce((found, file) => reached(file, found), new Set());
  assert.deepEqual(named('index.html').sort(), [...shell].sort());
  const price = ['lib/theme.js', 'oracle.js'].reduce((found, file) => reached(file, found), new Set());
  assert.deepEqual(named('oracle.html').sort(), [...price].sort());
});

test('a page that names its modules names those that the shell has not', () => {
  const shell = new Set(named('index.html'));
  const naming = routes.filter(({ modules }) => modules);
  assert.ok(naming.length > 0);
  for (const { view, modules } of naming) {
    const [, file] = /import\('\.\/([^']+)'\)/.exec(view.toString());
    const wanted = [...reached(file)].filter((each) => !shell.has(each));
    assert.deepEqual(modules.split(' ').map((name) => `${name}.js`).sort(), wanted.sort(), file);
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { transformSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { ROOT } from './package.ts';

const DIST = join(ROOT, 'dist');
const FILES = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js'))
  .map((name) => join(DIST, name));
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const [STATIC, DYNAMIC] = [/^(?:import|export)\b.*?"([^"]+)";$/gm, /\bimport\("([^"]+)"\)/g];

function namedIn(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name = '']) => name);
}

/** The folders of the packages in built files: the bundler writes above each module where it has it from. */
function packagesIn(files: Iterable<string>): Set<string> {
  const pattern = /^\/\/ (.*\bnode_modules\/(?:@[^/\n]+\/)?[^/\n]+)\//gm;
  return new Set([...files].flatMap((file) => namedIn(file, pattern)));
}

/** What a start of these files reads, and what it loads from elsewhere. */
function loadedBy(...entries: string[]): Set<string> {
  const found = new Set(entries.map((entry) => join(DIST, entry)));
  for (const file of found) {
    if (!file.startsWith(DIST)) continue;
    for (const name of namedIn(file, STATIC)) {
      found.add(name.startsWith('.') ? join(file, '..', name) : name);
    }
  }
  return found;
}

describe('what is built', () => {
  test('loads nothing but Node’s own modules and what package.json names', () => {
    const named = FILES.flatMap((file) => [...namedIn(file, STATIC), ...namedIn(file, DYNAMIC)]);
    const outside = named.filter((name) => !name.startsWith('.') && !isBuiltin(name));
    expect([...new Set(outside)].sort()).toEqual(Object.keys(dependencies).sort());
  });

  test('holds the licence of every package that is in it', () => {
    const licences = readFileSync(join(DIST, 'THIRD-PARTY-LICENSES'), 'utf8');
    const packages = packagesIn(FILES);
    expect(packages.size).toBeGreaterThan(10);
    for (const folder of [...packages].map((path) => join(ROOT, path))) {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const [file = ''] = readdirSync(folder).filter((each) => /^licen[cs]e/i.test(each));
      const text = readFileSync(join(folder, file), 'utf8').trim();
      expect(licences).toContain(`${name} ${version}\n\n${text}`);
    }
    // The MCP SDK brings it inside its own files.
    expect(licences).toMatch(/^ajv-formats \(inside another package\)\n\n.*MIT License/m);
  });

  test('loads for a client on stdio neither HTTP, nor figures, nor Claude Code', () => {
    const loaded = loadedBy('main.js', 'chunks/app.js', 'chunks/serve.js');
    const packages = packagesIn([...loaded].filter((name) => name.startsWith(DIST)));
    expect(packages).toContain('node_modules/@modelcontextprotocol/server');
    for (const late of [
      'hono',
      '@hono/node-server',
      '@modelcontextprotocol/node',
      'prom-client',
      'marked',
    ]) {
      expect(packages).not.toContain(`node_modules/${late}`);
    }
    const outside = [...loaded].filter((name) => !name.startsWith(DIST));
    expect(outside).not.toContain('node:http');
    expect(outside.filter((name) => !isBuiltin(name))).toEqual([]);
  });

  test('speaks on any Node since 14: what is loaded first has no newer syntax, and imports nothing of Node', () => {
    const first = [...loadedBy('main.js')];
    expect(first.map((file) => relative(DIST, file))).toEqual(['main.js', 'chunks/start.js']);
    for (const file of first) {
      const written = (target: string) =>
        transformSync(file, readFileSync(file, 'utf8'), { target }).code;
      // What is newer would be written differently.
      expect(written('es2020')).toBe(written('esnext'));
      expect(written('esnext')).not.toMatch(/^await /m);
    }
    expect(loadedBy('chunks/app.js')).toContain('node:sqlite');
  });

  test('no file imports an entry, which would then run once more in a program that has imported it by another address', () => {
    const importing = FILES.filter((file) =>
      [...namedIn(file, STATIC), ...namedIn(file, DYNAMIC)].some((name) =>
        /\/main\.js$/.test(name),
      ),
    );
    expect(importing).toEqual([]);
  });

  test('nothing runs the program that Node is: in a desktop program it is no Node', () => {
    const naming = FILES.filter((file) => readFileSync(file, 'utf8').includes('execPath'));
    expect(naming.map((file) => relative(DIST, file))).toEqual(['chunks/start.js']);
  });
});

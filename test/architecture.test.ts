import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', 'src');

/** From the top down; a module imports its own room or a lower rung, type imports included. */
const LADDER: readonly (readonly string[])[] = [
  ['main'],
  ['program'],
  ['serve', 'cli'],
  ['app', 'operator'],
  ['config'],
  ['trust-setting'],
  ['command-line'],
  ['commands'],
  ['settings'],
  ['transport'],
  ['server'],
  ['tools', 'resources', 'prompts', 'forms'],
  ['views'],
  ['service'],
  ['telemetry'],
  ['runner', 'store', 'index'],
  ['manager'],
  ['session'],
  ['json-schema', 'log', 'looks'],
  ['errors', 'json-shape', 'redaction', 'secrets'],
  ['limits', 'process-limits', 'connection-limits'],
  ['nearest', 'paths', 'refusal', 'runtime', 'small-file', 'text', 'timer'],
];

/** Which rooms may import a package. Node's own modules are free, but for the database. */
const OWNED: Readonly<Record<string, readonly string[]>> = {
  '@anthropic-ai/claude-agent-sdk': ['runner'],
  '@modelcontextprotocol/node': ['transport'],
  '@modelcontextprotocol/server': ['transport', 'server', 'forms'],
  '@modelcontextprotocol/server/stdio': ['transport'],
  'node:sqlite': ['store'],
  ajv: ['json-schema'],
  marked: ['views'],
  pino: ['log'],
  'prom-client': ['telemetry'],
};

type Import = { readonly from: string; readonly to: string };

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(text: string): string[] {
  const pattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

function roomOf(file: string): string {
  const [first = ''] = relative(ROOT, file).split(/[\\/]/);
  return first.replace(/\.ts$/, '');
}

function rungOf(room: string): number {
  return LADDER.findIndex((rung) => rung.includes(room));
}

/** Why a module of room `from` may not import `to`, or undefined. */
function refusal({ from, to }: Import): string | undefined {
  if (rungOf(from) === -1) return `${from} stands on no rung of the ladder`;
  if (from === to) return undefined;
  if (rungOf(to) === -1) return `${to} stands on no rung of the ladder`;
  if (rungOf(to) < rungOf(from)) return `${from} imports ${to}, which is above it`;
  return rungOf(to) === rungOf(from) ? `${from} imports ${to}, its neighbour` : undefined;
}

function refusalsIn(file: string, text: string): string[] {
  const from = roomOf(file);
  return importsOf(text).flatMap((target) => {
    if (target.startsWith('.')) {
      return refusal({ from, to: roomOf(join(dirname(file), target)) }) ?? [];
    }
    const owners = OWNED[target];
    return owners && !owners.includes(from) ? [`${from} imports ${target}`] : [];
  });
}

describe('the house', () => {
  test('every module imports its own room or a lower one, and only the packages its room owns', () => {
    const found = sources(ROOT).flatMap((file) =>
      refusalsIn(file, readFileSync(file, 'utf8')).map((why) => `${relative(ROOT, file)}: ${why}`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ['session/x.ts', "import type { Store } from '../store/store.ts';", 'above'],
    ['runner/x.ts', "import type { Store } from '../store/store.ts';", 'neighbour'],
    ['tools/x.ts', "import { query } from '@anthropic-ai/claude-agent-sdk';", 'claude-agent-sdk'],
    ['service/x.ts', "import { DatabaseSync } from 'node:sqlite';", 'node:sqlite'],
    ['log.ts', "import type { Settings } from './config.ts';", 'above'],
    ['errors.ts', "import { Redactor } from './redaction.ts';", 'neighbour'],
    ['service/x.ts', "const { serve } = await import('../serve.ts');", 'above'],
    ['attic/x.ts', "import { LIST_LIMIT_MAX } from '../limits.ts';", 'no rung'],
  ])('refuses a wrong import in %s', (file, text, why) => {
    expect(refusalsIn(join(ROOT, file), text).join()).toContain(why);
  });

  test('only config.ts and main.ts read the environment', () => {
    const readers = sources(ROOT).filter((file) =>
      readFileSync(file, 'utf8').includes('process.env'),
    );
    expect(readers.map((file) => relative(ROOT, file))).toEqual(['config.ts']);
  });

  test('no switch hides a new member of its union behind a default, but for the one over messages of the SDK', () => {
    const hiding = sources(ROOT).filter((file) =>
      /^ *default:(?: \{)?$/m.test(readFileSync(file, 'utf8')),
    );
    expect(hiding.map((file) => relative(ROOT, file))).toEqual(['runner/notice.ts']);
  });
});

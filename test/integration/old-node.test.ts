import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeProblem } from '../../src/config.ts';
import { ROOT } from '../support/client/program.ts';

/** Every Node of this machine that is too old; the one that npm runs with is often one. */
const OLD = [...new Set((process.env.PATH ?? '').split(delimiter))]
  .map((folder) => join(folder, 'node'))
  .concat(process.env.npm_node_execpath ?? [])
  .flatMap((node) => {
    const version = versionOf(node);
    return version !== undefined && nodeProblem(version) !== undefined ? [{ node, version }] : [];
  });

function versionOf(node: string): string | undefined {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

// main.test.ts shows the same on every machine, with a Node that only claims to be old.
test.skipIf(OLD.length === 0)('an old Node on this machine ends with 1 and one line', () => {
  for (const { node, version } of OLD) {
    for (const args of [[], ['http'], ['backup', 'copy']]) {
      const main = join(ROOT, 'dist', 'main.js');
      const { status, stdout, stderr } = spawnSync(node, [main, ...args], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^claude-sessions-mcp: Node 22[^\n]* is needed[^\n]*\n$/);
      expect(stderr).toContain(version);
    }
  }
});

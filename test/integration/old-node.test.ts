import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBundle } from '../packaging/bundle.ts';
import { INITIALIZE } from '../support/client/messages.ts';
import { MAIN, ROOT } from '../support/client/program.ts';
import { makePlace } from '../support/program.ts';

/** Asked of each Node, so that it also runs on one that cannot say it: whether its SQLite would do. */
const TELLS = `try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const { v } = new DatabaseSync(':memory:').prepare('SELECT sqlite_version() AS v').get();
    const [major, minor, patch] = v.split('.').map(Number);
    console.log(process.version, major * 1e6 + minor * 1e3 + patch >= 3051003 ? 'fit' : 'unfit');
  } catch (_) { console.log(process.version, 'unfit') }`;

/** Every Node of this machine that will not do; the one that npm runs with is often one. */
const OLD = [...new Set((process.env.PATH ?? '').split(delimiter))]
  .map((folder) => join(folder, 'node'))
  .concat(process.env.npm_node_execpath ?? [])
  .flatMap((node) => {
    const [version, verdict] = tell(node);
    return version !== undefined && verdict === 'unfit' ? [{ node, version }] : [];
  });

function tell(node: string): readonly string[] {
  try {
    return execFileSync(node, ['-e', TELLS], { encoding: 'utf8', stdio: 'pipe' }).trim().split(' ');
  } catch {
    return [];
  }
}

const LINE = /^claude-sessions-mcp: Node 22\.22\.3[^\n]* is needed[^\n]*\n$/;

// main.test.ts shows the same on every machine, with a Node that only claims to be old.
test.skipIf(OLD.length === 0)('an old Node on this machine ends with 1 and one line', async () => {
  const { scratch } = await makePlace();
  const bundle = join(scratch, 'bundle');
  await makeBundle(bundle, join(scratch, 'made.mcpb'));
  const input = `${JSON.stringify(INITIALIZE)}\n`;
  for (const [index, { node, version }] of OLD.entries()) {
    const bin = join(scratch, `bin ${index}`);
    mkdirSync(bin);
    symlinkSync(node, join(bin, 'node'));
    symlinkSync(MAIN, join(bin, 'claude-sessions-mcp'));
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const [byName, bundled] = [join(bin, 'claude-sessions-mcp'), join(bundle, 'start.mjs')];
    const says = (problem: string) => expect(problem).toMatch(new RegExp(`${version} \\(`));
    // As a client's configuration names it, as npx runs it, and as Claude Desktop starts the bundle.
    for (const command of [['node', MAIN], [byName], ['node', bundled]]) {
      const [file = '', ...args] = command;
      const options = { encoding: 'utf8', env, cwd: ROOT } as const;
      for (const words of [[], ['http'], ['backup', 'copy']]) {
        const { status, stdout, stderr } = spawnSync(file, [...args, ...words], options);
        expect([status, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(LINE);
        says(stderr);
      }
      const asked = spawnSync(file, args, { ...options, input });
      expect(asked.status).toBe(1);
      says(JSON.parse(asked.stdout).error.message);
    }
  }
});
